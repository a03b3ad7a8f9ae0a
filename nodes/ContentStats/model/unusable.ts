import { unusableFields, type Video } from '../api/schemas';
import { listFirst } from '../utils/format';

/** The fields of one object of the API whose values cannot be used. */
export interface Unusable {
	/** What messages call it: `video cm5abc`. */
	subject: string;
	/** The fields that are null, or left out: `likes`. */
	fields: string[];
}

const MAX_SUBJECTS = 3;

/** Lists the unusable fields of videos. */
const unusableOfVideos = (videos: Video[]): Unusable[] =>
	videos.flatMap((video) => {
		const fields = unusableFields(video);
		return fields.length === 0 ? [] : [{ subject: `video ${video.id}`, fields }];
	});

/** Lists the unusable fields of a list: those of its videos, and the id of entries that have none. */
export function unusableOfList(list: { videos: Video[]; unidentified: unknown[] }): Unusable[] {
	const entries = list.unidentified.length === 0 ? [] : [{ subject: 'the list', fields: ['id'] }];
	return [...unusableOfVideos(list.videos), ...entries];
}

/** Names the values that cannot be used, and says what became of them. */
export function describeUnusable(all: Unusable[]): string {
	const subjectsByField = new Map<string, Set<string>>();
	for (const { subject, fields } of all)
		for (const field of fields) {
			const subjects = subjectsByField.get(field) ?? new Set();
			subjectsByField.set(field, subjects.add(subject));
		}
	const parts = [...subjectsByField].map(
		([field, subjects]) => `${field} of ${listFirst([...subjects], MAX_SUBJECTS)}`,
	);
	return `ContentStats returned invalid values: ${parts.join('; ')}. They are left empty, and entries without a valid ID or time are skipped. Everything else is unaffected`;
}
