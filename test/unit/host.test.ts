import { apiOf, completeBaseUrl } from '../../nodes/ContentStats/host';

const API = 'https://contentstats.io/api/v1';

test.each([
	API,
	`${API}/`,
	`${API}//`,
	'https://www.contentstats.io/api/v1',
	'HTTPS://ContentStats.io/API/v1/',
	'https://contentstats.io:443/api/v1',
])('the base URL %s is one way to spell the same API', (baseUrl) => {
	expect(apiOf(baseUrl)).toBe(API);
});

test.each([
	'http://contentstats.io/api/v1',
	'https://contentstats.io/api/v2',
	'https://contentstats.io:8443/api/v1',
	'https://api.contentstats.io/api/v1',
])('the base URL %s is of another API', (baseUrl) => {
	expect(apiOf(baseUrl)).not.toBe(API);
});

test.each([
	['', API],
	[' \u200b\n', API],
	['contentstats.io/api/v1', API],
	[' contentstats.io/api/v1\t', API],
	['localhost:3000/api/v1', 'https://localhost:3000/api/v1'],
	['http://localhost:3000', 'http://localhost:3000'],
	['HTTPS://contentstats.io', 'HTTPS://contentstats.io'],
])('the base URL %j is completed to %s', (entered, baseUrl) => {
	expect(completeBaseUrl(entered)).toBe(baseUrl);
});
