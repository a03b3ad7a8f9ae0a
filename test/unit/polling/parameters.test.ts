import type { IPollFunctions } from 'n8n-workflow';

import {
	parseSelectedVideos,
	readSettings,
	readWatch,
} from '../../../nodes/ContentStats/polling/parameters';

describe('parseSelectedVideos', () => {
	test.each<[unknown, string[], string[]]>([
		['cm5abc123def', ['cm5abc123def'], []],
		['b,a\nb', ['a', 'b'], []],
		[['b', 'a'], ['a', 'b'], []],
		['https://youtu.be/dQw4w9WgXcQ', [], ['youtube:dQw4w9WgXcQ']],
		[
			'https://youtu.be/dQw4w9WgXcQ https://www.youtube.com/watch?v=dQw4w9WgXcQ',
			[],
			['youtube:dQw4w9WgXcQ'],
		],
		['https://x.com/u/status/9 https://x.com/u/status/12', [], ['twitter:12', 'twitter:9']],
		['https://vm.tiktok.com/ZMabc', [], ['tiktok:short/ZMabc']],
		['a https://x.com/u/status/12', ['a'], ['twitter:12']],
	])('parses %j', (value, ids, identities) => {
		expect(parseSelectedVideos(value)).toEqual({ kind: 'selected', ids, identities });
	});

	test.each([
		['https://vimeo.com/1', /“https:\/\/vimeo\.com\/1” can't be watched/, /vimeo\.com/],
		['a ../usage', /“\.\.\/usage” is not a video ID or link/, /Enter only IDs/],
		['a/b?c', /“a\/b\?c” is not a video ID or link/, /Enter only IDs/],
		['', /No videos selected/, /All Videos/],
		[' , \n', /No videos selected/, /All Videos/],
		[[], /No videos selected/, /Choose videos from the list.*All Videos/],
		[[[''], ' '], /No videos selected/, /All Videos/],
		[undefined, /No videos selected/, /All Videos/],
	])('refuses %j', (value, message, description) => {
		expect(() => parseSelectedVideos(value)).toThrow(
			expect.objectContaining({
				kind: 'invalid_input',
				message: expect.stringMatching(message),
				description: expect.stringMatching(description),
			}),
		);
	});
});

describe('the parameters of the trigger', () => {
	const EVERY_EVENT = [
		'snapshot.created',
		'milestone.reached',
		'growth.spiked',
		'growth.slowed',
		'age.reached',
		'balance.low',
	];
	/** The settings of events that are not chosen. */
	const UNCHOSEN = { spikeFactor: 0, spikeMinimum: 0, slowedHours: 1, slowedPercent: 0, ages: [] };
	const PARAMETERS: Record<string, unknown> = {
		watch: 'all',
		filters: {},
		events: ['snapshot.created'],
		startFrom: 'new',
		milestoneMetric: 'likes',
		milestones: '10k, 1k',
		lowBalanceUsd: 7,
		spikeFactor: 3,
		spikeMinimum: 1000,
		slowedHours: 24,
		slowedPercent: 5,
		ages: '2d, 24h',
		simplify: true,
		options: {},
	};
	const contextOf = (parameters: Record<string, unknown>) =>
		({
			getNodeParameter: (name: string) => ({ ...PARAMETERS, ...parameters })[name],
		}) as unknown as IPollFunctions;

	test.each<[string, Record<string, unknown>, object]>([
		['all videos', {}, { kind: 'all' }],
		['one platform', { filters: { platform: 'tiktok' } }, { kind: 'all', platform: 'tiktok' }],
		['a platform’s name', { filters: { platform: ' X ' } }, { kind: 'all', platform: 'twitter' }],
		['all platforms', { watch: 'All', filters: { platform: 'All' } }, { kind: 'all' }],
		[
			'selected videos',
			{ watch: 'selected', videos: 'b a' },
			{ kind: 'selected', ids: ['a', 'b'], identities: [] },
		],
	])('readWatch reads %s', (_, parameters, watch) => {
		expect(readWatch(contextOf(parameters))).toEqual(watch);
	});

	test.each([
		[
			{ filters: { platform: 'vimeo' } },
			/Platform must be All, tiktok, .* or twitter, not “vimeo”/,
		],
		[{ filters: { platform: undefined } }, /Platform must be .*, not empty/],
		[{ watch: 'some' }, /Watch must be all or selected, not “some”/],
	])('readWatch refuses %j', (parameters, message) => {
		expect(() => readWatch(contextOf(parameters))).toThrow(
			expect.objectContaining({ kind: 'invalid_input', message: expect.stringMatching(message) }),
		);
	});

	test.each<[string, Record<string, unknown>, object]>([
		[
			'the defaults',
			{},
			{
				events: ['snapshot.created'],
				startFrom: 'new',
				milestoneMetric: 'views',
				milestones: [],
				lowBalanceUsd: 0,
				...UNCHOSEN,
				simplify: true,
				includeGrowth: false,
				includePostAge: false,
				maxItemsPerPoll: 1000,
				replayAfterRestart: false,
			},
		],
		[
			'the parameters of every chosen event, and the options',
			{
				events: EVERY_EVENT,
				startFrom: 'latest',
				simplify: false,
				options: {
					includeGrowth: true,
					includePostAge: true,
					maxItemsPerPoll: 1,
					replayAfterRestart: true,
				},
			},
			{
				events: EVERY_EVENT,
				startFrom: 'latest',
				milestoneMetric: 'likes',
				milestones: [1_000, 10_000],
				lowBalanceUsd: 7,
				spikeFactor: 3,
				spikeMinimum: 1000,
				slowedHours: 24,
				slowedPercent: 5,
				ages: [24, 48],
				simplify: false,
				includeGrowth: true,
				includePostAge: true,
				maxItemsPerPoll: 1,
				replayAfterRestart: true,
			},
		],
		[
			'values that an expression returns as text',
			{
				events: ['Snapshot.Created', ' balance.low', 'snapshot.created'],
				startFrom: 'Latest',
				simplify: 'FALSE',
				options: { includeGrowth: 'true', maxItemsPerPoll: ' 10 ', replayAfterRestart: 'false' },
			},
			{
				events: ['snapshot.created', 'balance.low'],
				startFrom: 'latest',
				milestoneMetric: 'views',
				milestones: [],
				lowBalanceUsd: 7,
				...UNCHOSEN,
				simplify: false,
				includeGrowth: true,
				includePostAge: false,
				maxItemsPerPoll: 10,
				replayAfterRestart: false,
			},
		],
	])('readSettings reads %s', (_, parameters, settings) => {
		expect(readSettings(contextOf(parameters))).toEqual(settings);
	});

	test.each([
		[0, 0],
		['2.5', 2.5],
		[' 5 ', 5],
	])('readSettings reads Low Balance %j as %d', (lowBalanceUsd, usd) => {
		const settings = readSettings(contextOf({ events: EVERY_EVENT, lowBalanceUsd }));
		expect(settings.lowBalanceUsd).toBe(usd);
	});

	test.each([
		['spikeFactor', 0, 0],
		['spikeFactor', ' 2.5 ', 2.5],
		['spikeMinimum', '0', 0],
		['slowedHours', '359', 359],
		['slowedPercent', 100, 100],
		['slowedPercent', '0.5', 0.5],
	])('readSettings reads %s %j as %d', (name, value, number) => {
		const settings = readSettings(contextOf({ events: EVERY_EVENT, [name]: value }));
		expect(settings).toMatchObject({ [name]: number });
	});

	test.each<[Record<string, unknown>, RegExp]>([
		[{ events: [] }, /No events selected/],
		[{ options: { maxItemsPerPoll: 0 } }, /Max Items Per Poll must be a whole number/],
		[{ options: { maxItemsPerPoll: 1.5 } }, /not “1\.5”/],
		[{ options: { maxItemsPerPoll: 'x' } }, /not “x”/],
		[
			{ events: EVERY_EVENT, milestoneMetric: 'plays' },
			/Milestone Metric must be views, likes, comments, shares or saves, not “plays”/,
		],
		[{ events: ['snapshot.deleted'] }, /Events must be snapshot\.created, .*, not “snapshot/],
		[{ startFrom: 'now' }, /Start From must be new, latest or beginning, not “now”/],
		[{ simplify: 'yes' }, /Simplify must be true or false, not “yes”/],
		[{ options: { includeGrowth: null } }, /Include Growth must be true or false, not empty/],
		[{ options: { replayAfterRestart: 1 } }, /Replay After Restart must be true or false/],
		[{ events: EVERY_EVENT, lowBalanceUsd: -1 }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: '5,50' }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: ' ' }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: 'x' }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: true }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: Infinity }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, lowBalanceUsd: null }, /Low Balance must be an amount/],
		[{ events: EVERY_EVENT, spikeFactor: -1 }, /Spike Factor must be a number from 0 to 1000000/],
		[{ events: EVERY_EVENT, spikeMinimum: '1k' }, /Spike Minimum must be .*, not “1k”/],
		[{ events: EVERY_EVENT, spikeMinimum: Infinity }, /Spike Minimum must be/],
		[{ events: EVERY_EVENT, slowedHours: 0 }, /Slowdown Window must be .* from 1 to 359/],
		[{ events: EVERY_EVENT, slowedHours: 360 }, /Slowdown Window must be .*, not “360”/],
		[{ events: EVERY_EVENT, slowedHours: 1.5 }, /Slowdown Window must be a whole number/],
		[
			{ events: EVERY_EVENT, slowedPercent: 0 },
			/Threshold must be a number above 0 and up to 100, not “0”/,
		],
		[{ events: EVERY_EVENT, slowedPercent: 101 }, /Slowdown Threshold must be/],
		[{ events: EVERY_EVENT, ages: '' }, /No ages provided/],
		[{ options: { includePostAge: 'on' } }, /Include Post Age must be true or false/],
	])('readSettings refuses %j', (parameters, message) => {
		expect(() => readSettings(contextOf(parameters))).toThrow(
			expect.objectContaining({ kind: 'invalid_input', message: expect.stringMatching(message) }),
		);
	});
});
