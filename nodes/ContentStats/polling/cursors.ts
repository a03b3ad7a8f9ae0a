import type { Cursor } from './cursor';
import type { PollState } from './state';

/** How many polls longer than a video is watched its cursor is kept. */
const POLLS_KEPT = 2;

/** The cursors of one poll: those of the watched videos, and those of videos dropped lately. */
export interface Cursors {
	/** null: watched, but still to be seeded; undefined: not known. */
	get(id: string): Cursor | null | undefined;
	set(id: string, cursor: Cursor): void;
	/** Watches a video that cannot be read yet, unless it is watched already. */
	expect(id: string): void;
	/** Watches a dropped video again, where it stood. */
	revive(id: string): void;
	drop(id: string): void;
	toState(): Pick<PollState, 'videos' | 'left'>;
}

/** A copy of what a state holds; the state is not changed. */
export function createCursors(state: PollState | null): Cursors {
	const watched: PollState['videos'] = { ...state?.videos };
	const earlier = (state?.left ?? []).map((cursors) => ({ ...cursors }));
	const dropped: Record<string, Cursor> = {};
	const leftWith = (id: string) => earlier.find((cursors) => cursors[id]);

	return {
		get: (id) => (id in watched ? watched[id] : leftWith(id)?.[id]),
		set(id, cursor) {
			(leftWith(id) ?? watched)[id] = cursor;
		},
		expect(id) {
			watched[id] ??= null;
		},
		revive(id) {
			const cursors = leftWith(id);
			if (!cursors) return;
			watched[id] = cursors[id]!;
			delete cursors[id];
		},
		drop(id) {
			if (watched[id]) dropped[id] = watched[id];
			delete watched[id];
		},
		toState() {
			const left = [dropped, ...earlier].slice(0, POLLS_KEPT);
			const isEmpty = left.every((cursors) => Object.keys(cursors).length === 0);
			return { videos: watched, ...(isEmpty ? {} : { left }) };
		},
	};
}
