import { createRedact } from '../../../nodes/ContentStats/api/redact';

const KEY = 'another-services-secret';

test.each([
	['no key', 'Video not found', 'Video not found'],
	['the key', `Unknown key ${KEY}`, 'Unknown key (the API key)'],
	['the key twice', `${KEY}, ${KEY}`, '(the API key), (the API key)'],
	['another live key', 'cs_live_abcdef-01_9 is of no use', 'cs_live_… is of no use'],
	['another test key', '{"error":"cs_test_a1"}', '{"error":"cs_test_…"}'],
	['words like a key', 'a cs_livestream', 'a cs_livestream'],
])('redacts text with %s', (_, text, redacted) => {
	expect(createRedact(KEY)(text)).toBe(redacted);
});

test('an empty key, as in a new credential, redacts nothing', () => {
	expect(createRedact('')('Video not found')).toBe('Video not found');
});
