import type {
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

/** The base URL, without blanks and invisible characters, and without slashes at its end. */
const BASE_URL = `$credentials.baseUrl.replace(/[^!-~]/g, '').replace(/\\/+$/, '')`;

export class ContentStatsApi implements ICredentialType {
	name = 'contentStatsApi';

	displayName = 'ContentStats API';

	icon: Icon = {
		light: 'file:../nodes/ContentStats/contentstats.svg',
		dark: 'file:../nodes/ContentStats/contentstats.dark.svg',
	};

	documentationUrl = 'https://github.com/contentstats/n8n-nodes-contentstats#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			placeholder: 'cs_live_...',
			description:
				'From your ContentStats dashboard. A key that begins with cs_live_ charges $0.015 for each snapshot; one that begins with cs_test_ charges nothing.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://contentstats.io/api/v1',
			description: 'The address of the API. There is no need to change it.',
		},
	];

	// Not an expression: n8n (2.40) takes away, at the end of a poll, what evaluates expressions, also
	// from a poll of the same workflow that still runs (PollTriggerExecutor in n8n-core).
	authenticate = async (
		{ apiKey }: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	) => ({
		...request,
		// Copied text often brings blanks or a line break along.
		headers: { ...request.headers, 'X-API-Key': String(apiKey).trim() },
	});

	test: ICredentialTestRequest = {
		request: {
			baseURL: `={{ ${BASE_URL} }}`,
			url: '/usage',
			// n8n follows redirects and takes the key along: only between the host and its www. twin.
			allowedDomains: `={{ [${BASE_URL}.toLowerCase().split('/')[2].split(':')[0].replace(/^www\\./, '')].flatMap((host) => [host, 'www.' + host]).join(',') }}`,
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'ContentStats does not accept this API key. Paste a current key from your ContentStats dashboard: it begins with cs_live_ or cs_test_.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message:
						'There is no ContentStats API at this base URL. Set it back to https://contentstats.io/api/v1.',
				},
			},
		],
	};
}
