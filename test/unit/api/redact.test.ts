import { createRedact } from '../../../nodes/ContentStats/api/redact';

const KEY = 'another-services-secret';

test.each([
	['keeps text without a key', 'Video not found', 'Video not found'],
	['replaces the key', `Unknown key ${KEY}`, 'Unknown key (the API key)'],
	['replaces every occurrence of the key', `${KEY}, ${KEY}`, '(the API key), (the API key)'],
	['shortens another live key', 'cs_live_abcdef-01_9 is of no use', 'cs_live_… is of no use'],
	['shortens another test key', '{"error":"cs_test_a1"}', '{"error":"cs_test_…"}'],
	['shortens a key inside a word', 'xcs_live_a1', 'xcs_live_…'],
	['keeps words that only resemble a key', 'a cs_livestream', 'a cs_livestream'],
])('createRedact %s', (_, text, redacted) => {
	expect(createRedact(KEY)(text)).toBe(redacted);
});

test('createRedact keeps text as it is if the key is empty, as in a new credential', () => {
	expect(createRedact('')('Video not found')).toBe('Video not found');
});
