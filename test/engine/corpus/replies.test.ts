import { createTimedFixture } from '../support/time';

import type { INodeParameters } from 'n8n-workflow';

import type { Sandbox } from '../../../sandbox';
import replies from '../../corpus/replies.json';
import { TIKTOK, video } from '../support/fixture';
import { type Credential, runAction, type RunOutcome } from '../../../harness/engine';

jest.setTimeout(300_000);

type Endpoint = 'usage' | 'list' | 'get' | 'track' | 'stop';
interface Entry {
	endpoint: string;
	status: number;
	body: string;
	verdict: string;
	field?: string;
	headers?: Record<string, string>;
	note?: string;
}

/** How to make the request of each endpoint, and how a fault matches it. */
const REQUESTS: Record<
	Endpoint,
	{ parameters: INodeParameters; method: string; path: string | RegExp }
> = {
	usage: { parameters: { operation: 'usage' }, method: 'GET', path: '/usage' },
	list: { parameters: { operation: 'list' }, method: 'GET', path: /^\/videos\?/ },
	get: {
		parameters: { operation: 'get', ...video('id', 'vid_1') },
		method: 'GET',
		path: '/videos/vid_1',
	},
	track: { parameters: { videoUrls: TIKTOK }, method: 'POST', path: '/videos/track' },
	stop: {
		parameters: { operation: 'stop', ...video('id', 'vid_1') },
		method: 'POST',
		path: '/videos/vid_1/stop',
	},
};

/** The message that the user gets for each verdict. */
const MESSAGES: Record<string, RegExp> = {
	unreadable: /^ContentStats returned an unexpected response for .+ \(.+\)/,
	key: /^ContentStats rejected the API key/,
	balance: /^Not enough ContentStats balance for /,
	denied: /^ContentStats denied access to /,
	not_found:
		/^(?:Video vid_1 not found|ContentStats returned an error for (?:usage|the list of videos|https:\/\/\S+): HTTP 404)/,
	rate: /^ContentStats rate limit exceeded for /,
	refused: /^ContentStats (?:rejected (?!the API key)|returned an error for (?!.*HTTP 404))/,
	server: /^ContentStats returned an error for .+: HTTP 5\d\d/,
	redirect:
		/^ContentStats redirected the request for .+ to (?:another URL|elsewhere\.example)(?:,| \(|$)/,
	page: /^Received a web page instead of a ContentStats response for .+: .*HTTP \d+/,
};

/** What the description of an error says besides. */
const DESCRIPTIONS: Record<string, RegExp> = { redirect: /^The redirect was not followed/ };

/** How the hint of a reply with odd values begins. */
const UNUSABLE = 'ContentStats returned invalid values: ';

/** Returns the error message of an outcome; empty if the reply was understood. */
function messageOf(endpoint: Endpoint, { items, error }: RunOutcome): string {
	if (error) return error.message;
	const [item] = items;
	return endpoint === 'track' && item?.outcome !== 'tracked' ? String(item?.message) : '';
}

/** Returns how an outcome contradicts the verdict; null if it does not. */
function disagreement(entry: Entry, endpoint: Endpoint, outcome: RunOutcome): string | null {
	const message = messageOf(endpoint, outcome);
	if (entry.verdict === 'odd') {
		const hint = outcome.hints.find(({ message: text }) => text.startsWith(UNUSABLE))?.message;
		if (message !== '' || !hint) return message || 'accepted without a hint';
		const isNamed = new RegExp(`[:;] ${entry.field!.replace('.', '\\.')}( \\(.*\\))? of `).test(
			hint,
		);
		return isNamed ? null : `${entry.field} is not named in: ${hint}`;
	}
	if (entry.verdict === 'accepted') {
		const hint = outcome.hints.find(({ message: text }) => text.startsWith(UNUSABLE))?.message;
		return message || hint || null;
	}
	if (!MESSAGES[entry.verdict]!.test(message)) return message || 'accepted';
	const description = outcome.error?.description;
	if (outcome.error && !(DESCRIPTIONS[entry.verdict] ?? /\w/).test(String(description)))
		return `described as: ${description}`;
	const names = !entry.field || message.includes(entry.field) || entry.note?.includes('several');
	return names ? null : `${entry.field} is not named in: ${message}`;
}

async function answerWith(entry: Entry, endpoint: Endpoint, sandbox: Sandbox, to: Credential) {
	const { parameters, method, path } = REQUESTS[endpoint];
	const { status, body, headers } = entry;
	sandbox.clear();
	sandbox.faults.add({
		kind: 'status',
		status,
		body,
		headers,
		contentType: headers?.['content-type'] ?? 'application/json',
		match: { method, path },
		times: Infinity,
	});
	return await runAction(to, parameters);
}

it('holds at least 500 malformed replies', () => {
	const malformed = replies.filter(({ verdict }) => verdict !== 'accepted');
	expect(malformed.length).toBeGreaterThanOrEqual(500);
});

test.each(Object.keys(REQUESTS) as Endpoint[])(
	'handles every reply to %s as its verdict says',
	async (endpoint) => {
		const { clock, credential, sandbox } = await createTimedFixture();
		const wrong: unknown[] = [];
		for (const entry of (replies as Entry[]).filter((one) => one.endpoint === endpoint)) {
			const outcome = await answerWith(entry, endpoint, sandbox, credential);
			const problem = disagreement(entry, endpoint, outcome);
			if (problem !== null) wrong.push({ ...entry, problem });
			// A POST whose answer was lost is pending, and not sent again, for ten minutes.
			clock.advance({ minutes: 11 });

			const sent = sandbox.requests.filter(({ method }) => method === 'POST');
			expect(sent.length).toBeLessThanOrEqual(entry.verdict === 'rate' ? 10 : 1);
			expect(JSON.stringify([outcome.items, outcome.error])).not.toContain(sandbox.liveKey);
		}
		expect(wrong).toEqual([]);
		expect(sandbox.ledger).toEqual([]);
	},
);
