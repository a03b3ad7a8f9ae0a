import { describeError, ErrorWithAdvice } from '../../../demo/errors';
import { requireAllTracked, whatIsMissing } from '../../../demo/expected';
import { executionError, type Execution } from '../../../demo/n8n';
import { exitReason } from '../../../demo/processes';
import { outcomeTable, snapshotTable } from '../../../demo/tables';

const HOSTILE = '\u001b[2J\u001b]0;title\u0007red\u009b31m\r\nnext\u202eline';
const CONTROLS = /(?!\n)[\p{Cc}\p{Cf}]/u;

it('lets no text from outside control the terminal', () => {
	const table = snapshotTable([{ video_id: 'v1', creator: HOSTILE }]);

	expect(table).not.toMatch(CONTROLS);
	expect(table.split('\n')).toHaveLength(5);
	expect(describeError(new ErrorWithAdvice(HOSTILE, HOSTILE))).not.toMatch(CONTROLS);
});

it('prints prices in dollars, and a dash for what is null', () => {
	const table = outcomeTable([
		{ outcome: 'tracked', video_id: 'v1', estimated_cost: 2.5 },
		{ outcome: 'failed', video_id: null, estimated_cost: null },
	]);

	expect(table).toMatch(/tracked │ v1 +│ – +│ +\$2\.50 │/);
	expect(table).toMatch(/failed +│ – +│ – +│ +– │/);
});

it('sets the advice of an error apart', () => {
	expect(describeError(new Error('It broke.'))).toBe('It broke.');
	expect(describeError(new ErrorWithAdvice('It broke.', 'Mend it.'))).toBe('It broke.\n\nMend it.');
});

it('says what is missing in the rows', () => {
	const rows = Array.from({ length: 24 }, (_, index) => ({
		video_id: `v${index % 12}`,
		platform: `p${index % 4}`,
	}));

	expect(whatIsMissing(rows)).toEqual([]);
	expect(whatIsMissing(rows.slice(0, 3))).toEqual([
		'3 of 24 rows',
		'3 of 12 videos',
		'3 of 4 platforms',
	]);
});

it('gives the reason of a link that was not tracked, once', () => {
	const items = Array.from({ length: 12 }, (_, index) =>
		index < 10 ? { outcome: 'tracked' } : { outcome: 'failed', message: 'No credit.' },
	);

	expect(() => requireAllTracked(items)).toThrow(/^10 of 12 videos were tracked\.\nNo credit\.$/);
	expect(() => requireAllTracked(items.slice(0, 10))).toThrow('10 of 12 videos were tracked.');
});

it('takes the description of a failed execution for its advice', () => {
	const execution = (error: object) =>
		({
			status: 'error',
			data: { resultData: { runData: {}, lastNodeExecuted: 'Track videos', error } },
		}) as unknown as Execution;

	expect(
		describeError(executionError('A', execution({ message: 'No.', description: 'Wait.' }))),
	).toBe('"A" failed at "Track videos": No.\n\nWait.');
	expect(describeError(executionError('A', execution({ message: 'No.' })))).toBe(
		'"A" failed at "Track videos": No.',
	);
});

it('names the signal that ended a command', () => {
	expect(exitReason(1)).toBe('ended with code 1');
	expect(exitReason(137)).toBe('was ended by SIGKILL');
});
