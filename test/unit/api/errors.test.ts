import {
	ContentStatsError,
	type ErrorKind,
	BudgetExhaustedError,
	errorForStatus,
	isUnsent,
	invalidInput,
	mayHaveTakenEffect,
	unreadableReply,
} from '../../../nodes/ContentStats/api/errors';
import { readErrorBody } from '../../../nodes/ContentStats/api/schemas';

const SUBJECT = 'video cm5abc123def';
const ADVICE = { 400: 'Look at what was entered', 404: 'Look for it' };
const errorFor = (status: number, json?: unknown, subject = SUBJECT) =>
	errorForStatus(status, subject, readErrorBody(json), undefined, ADVICE);

describe('errorForStatus', () => {
	test.each<[number, unknown, ErrorKind, RegExp, RegExp]>([
		[
			400,
			{
				error: 'Invalid request',
				details: [{ field: 'video_link', message: 'Invalid URL format' }],
			},
			'invalid_request',
			/rejected video cm5abc123def: video_link: Invalid URL format/,
			/^Look at what was entered$/,
		],
		[401, { error: 'API key required' }, 'invalid_credential', /API key/, /credential/],
		[
			402,
			{ error: 'Insufficient balance', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
			'insufficient_balance',
			/video cm5abc123def.*\$2\.52 required.*\$0\.50 available.*\$2\.02 short/,
			/costs nothing.*[Tt]op up/,
		],
		[
			403,
			{ error: 'Access denied' },
			'forbidden',
			/^ContentStats denied access to video cm5abc123def$/,
			/plan/,
		],
		[
			404,
			{ error: 'Video not found' },
			'not_found',
			/^Video cm5abc123def not found/,
			/^Look for it$/,
		],
		[
			429,
			{ error: 'Rate limit exceeded', limit: 60, reset: 1640995200 },
			'rate_limited',
			/rate limit.*video cm5abc123def/,
			/again in a minute/,
		],
		[
			500,
			{ error: 'Internal error' },
			'server_error',
			/cm5abc123def.*500.*Internal/,
			/again later/,
		],
	])(
		'maps a documented %d to its kind, message and advice',
		(status, json, kind, message, description) => {
			const error = errorFor(status, json);
			expect(error).toBeInstanceOf(ContentStatsError);
			expect(error).toMatchObject({
				kind,
				statusCode: status,
				message: expect.stringMatching(message),
				description: expect.stringMatching(description),
			});
		},
	);

	test.each([400, 401, 402, 403, 404, 405, 408, 409, 410, 418, 422, 429, 500, 502, 503, 504, 599])(
		'says what to do about a %d without a readable body',
		(status) => {
			const error = errorFor(status, '<html><body>Bad gateway</body></html>');
			expect(error.message).not.toMatch(/undefined|null|NaN|\[object|<html/);
			expect(error.description).not.toBe('');
			const subject = status === 404 ? SUBJECT.replace('video', 'Video') : SUBJECT;
			if (status !== 401) expect(error.message).toContain(subject);
		},
	);
});

describe('the message of a 402', () => {
	test.each<[object, string]>([
		[{ balance: 0.5, estimated_cost: 2.52 }, '$2.52 required, $0.50 available, $2.02 short'],
		[{ balance: 0, estimated_cost: 0.36 }, '$0.36 required, $0.00 available, $0.36 short'],
		[{ estimated_cost: 2.52 }, '$2.52 required'],
		[{ balance: 0.5 }, '$0.50 available'],
		[{ required: 2.02 }, '$2.02 short'],
	])('shows the amounts in %j', (figures, text) => {
		const { message } = errorFor(402, { error: 'Insufficient balance', ...figures });
		expect(message).toBe(`Not enough ContentStats balance for ${SUBJECT}: ${text}`);
	});

	it('shows no amounts if the reply has none', () => {
		const { message } = errorFor(402, { error: 'Insufficient balance' });
		expect(message).toBe(`Not enough ContentStats balance for ${SUBJECT}`);
	});
});

describe('the message of a 400', () => {
	test.each<[string, unknown, RegExp]>([
		[
			'the details of several fields',
			{
				error: 'Invalid request',
				details: [
					{ field: 'video_link', message: 'Required' },
					{ field: 'duration_days', message: 'Too large' },
				],
			},
			/video_link: Required; duration_days: Too large/,
		],
		[
			'the error if there are no details',
			{ error: 'Video is private' },
			/rejected .*: Video is private/,
		],
		[
			'the error if the details have another shape',
			{ error: 'Video is private', details: 'x' },
			/Video is private/,
		],
		[
			'a detail that names no field',
			{ error: 'E', details: [{ message: 'Too large' }] },
			/Too large/,
		],
		[
			'the error if the details are empty',
			{ error: 'Video is private', details: [] },
			/Video is private/,
		],
	])('quotes %s', (_, json, message) => {
		expect(errorFor(400, json).message).toMatch(message);
	});

	it('truncates a long error', () => {
		expect(errorFor(400, { error: 'long '.repeat(5000) }).message.length).toBeLessThan(400);
	});
});

describe('mayHaveTakenEffect', () => {
	test.each<[number, boolean]>([
		[400, false],
		[401, false],
		[402, false],
		[403, false],
		[404, false],
		[410, false],
		[422, false],
		[429, false],
		[408, true],
		[500, true],
		[502, true],
		[503, true],
		[504, true],
	])('for a %d is %j', (status, isUnknown) => {
		expect(mayHaveTakenEffect(errorFor(status))).toBe(isUnknown);
	});

	test.each<[ErrorKind, boolean]>([
		['no_reply', true],
		['unreadable_reply', true],
		['server_error', true],
		['unreachable', false],
		['cancelled', false],
		['invalid_input', false],
		['insufficient_balance', false],
		['rate_limited', false],
	])('for %s is %j', (kind, isUnknown) => {
		const error = new ContentStatsError(kind, { message: 'm', description: 'd' });
		expect(mayHaveTakenEffect(error)).toBe(isUnknown);
	});
});

it('errorForStatus keeps the milliseconds to wait before a retry', () => {
	expect(errorForStatus(429, SUBJECT, undefined, 12_000).retryAfterMs).toBe(12_000);
});

it('invalidInput has no status, since nothing was sent', () => {
	expect(invalidInput('What', 'What to do')).toMatchObject({
		name: 'ContentStatsError',
		kind: 'invalid_input',
		message: 'What',
		description: 'What to do',
		statusCode: undefined,
	});
});

it('unreadableReply names its subject and the invalid field', () => {
	expect(unreadableReply(SUBJECT, 'videos[2].id: Required', 201)).toMatchObject({
		kind: 'unreadable_reply',
		statusCode: 201,
		message: expect.stringMatching(/video cm5abc123def.*videos\[2\]\.id: Required/),
	});
});

test.each([
	[false, true, false, /No time left in this poll to request usage/],
	[true, false, true, /No response from ContentStats for usage within/],
])('a budget that was exhausted, with the request sent: %p', (isSent, unsent, mayHave, message) => {
	const error = new BudgetExhaustedError('usage', isSent, 5_000);
	expect(isUnsent(error)).toBe(unsent);
	expect(mayHaveTakenEffect(error)).toBe(mayHave);
	expect(error).toMatchObject({
		kind: 'budget_exhausted',
		message: expect.stringMatching(message),
		retryAfterMs: 5_000,
	});
});

test('no other error is unsent because of the budget', () => {
	expect(isUnsent(errorForStatus(500, 'usage', undefined))).toBe(false);
});
