import {
	ContentStatsError,
	type ErrorKind,
	errorForStatus,
	invalidInput,
	mayHaveTakenEffect,
	unreadableReply,
} from '../../../nodes/ContentStats/api/errors';
import { readErrorBody } from '../../../nodes/ContentStats/api/schemas';

const WHAT = 'video cm5abc123def';
const ADVICE = { 400: 'Look at what was entered', 404: 'Look for it' };
const errorFor = (status: number, json?: unknown, what = WHAT) =>
	errorForStatus(status, what, readErrorBody(json), undefined, ADVICE);

describe('each status the API documents', () => {
	test.each<[number, unknown, ErrorKind, RegExp, RegExp]>([
		[
			400,
			{
				error: 'Invalid request',
				details: [{ field: 'video_link', message: 'Invalid URL format' }],
			},
			'invalid_request',
			/refused video cm5abc123def: video_link: Invalid URL format/,
			/^Look at what was entered$/,
		],
		[401, { error: 'API key required' }, 'invalid_key', /API key/, /credential/],
		[
			402,
			{ error: 'Insufficient balance', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
			'insufficient_balance',
			/video cm5abc123def.*\$2\.52 needed.*\$0\.50 there.*\$2\.02 missing/,
			/costs nothing.*[Aa]dd credit/,
		],
		[403, { error: 'Access denied' }, 'forbidden', /video cm5abc123def.*Access denied/, /plan/],
		[404, { error: 'Video not found' }, 'not_found', /video cm5abc123def/, /^Look for it$/],
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
	])('%d', (status, json, kind, message, description) => {
		const error = errorFor(status, json);
		expect(error).toBeInstanceOf(ContentStatsError);
		expect(error).toMatchObject({
			kind,
			statusCode: status,
			message: expect.stringMatching(message),
			description: expect.stringMatching(description),
		});
	});

	test.each([400, 401, 402, 403, 404, 405, 408, 409, 410, 418, 422, 429, 500, 502, 503, 504, 599])(
		'%d without a readable body still says what to do',
		(status) => {
			const error = errorFor(status, '<html><body>Bad gateway</body></html>');
			expect(error.message).not.toMatch(/undefined|null|NaN|\[object|<html/);
			expect(error.description).not.toBe('');
			if (status !== 401) expect(error.message).toContain(WHAT);
		},
	);
});

describe('402 shows the figures it has', () => {
	test.each<[object, string]>([
		[{ balance: 0.5, estimated_cost: 2.52 }, '$2.52 needed, $0.50 there, $2.02 missing'],
		[{ balance: 0, estimated_cost: 0.36 }, '$0.36 needed, $0.00 there, $0.36 missing'],
		[{ estimated_cost: 2.52 }, '$2.52 needed'],
		[{ balance: 0.5 }, '$0.50 there'],
		[{ required: 2.02 }, '$2.02 missing'],
	])('%j', (figures, text) => {
		const { message } = errorFor(402, { error: 'Insufficient balance', ...figures });
		expect(message).toBe(`Not enough ContentStats balance for ${WHAT}: ${text}`);
	});

	it('and none without any', () => {
		const { message } = errorFor(402, { error: 'Insufficient balance' });
		expect(message).toBe(`Not enough ContentStats balance for ${WHAT}`);
	});
});

describe('the words of the API', () => {
	test.each<[string, unknown, RegExp]>([
		[
			'several fields',
			{
				error: 'Invalid request',
				details: [
					{ field: 'video_link', message: 'Required' },
					{ field: 'duration_days', message: 'Too large' },
				],
			},
			/video_link: Required; duration_days: Too large/,
		],
		['no details', { error: 'Video is private' }, /refused .*: Video is private/],
		['details of another shape', { error: 'Video is private', details: 'x' }, /Video is private/],
		['details without a field', { error: 'E', details: [{ message: 'Too large' }] }, /Too large/],
		['empty details', { error: 'Video is private', details: [] }, /Video is private/],
	])('with %s', (_, json, message) => {
		expect(errorFor(400, json).message).toMatch(message);
	});

	it('are shortened', () => {
		expect(errorFor(400, { error: 'long '.repeat(5000) }).message.length).toBeLessThan(400);
	});
});

describe('what a failed request may have done', () => {
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
	])('after a %d is unknown: %j', (status, isUnknown) => {
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
	])('after %s is unknown: %j', (kind, isUnknown) => {
		const error = new ContentStatsError(kind, { message: 'm', description: 'd' });
		expect(mayHaveTakenEffect(error)).toBe(isUnknown);
	});
});

it('keeps how long to wait before a repeat', () => {
	expect(errorForStatus(429, WHAT, undefined, 12_000).retryAfterMs).toBe(12_000);
});

it('tells bad input without a status, since nothing was sent', () => {
	expect(invalidInput('What', 'What to do')).toMatchObject({
		name: 'ContentStatsError',
		kind: 'invalid_input',
		message: 'What',
		description: 'What to do',
		statusCode: undefined,
	});
});

it('tells of an unreadable reply what it was about and what is wrong with it', () => {
	expect(unreadableReply(WHAT, 'videos[2].id: Required', 201)).toMatchObject({
		kind: 'unreadable_reply',
		statusCode: 201,
		message: expect.stringMatching(/video cm5abc123def.*videos\[2\]\.id: Required/),
	});
});
