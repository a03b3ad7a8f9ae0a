import type {
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

export class ContentStatsApi implements ICredentialType {
	name = 'contentStatsApi';

	displayName = 'ContentStats API';

	icon: Icon = {
		light: 'file:../nodes/ContentStats/contentstats.svg',
		dark: 'file:../nodes/ContentStats/contentstats.dark.svg',
	};

	documentationUrl = 'https://github.com/contentstats/n8n-nodes-contentstats#get-started';

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
				'Copy it from your ContentStats dashboard. Keys that begin with cs_live_ are charged $0.015 per snapshot. Keys that begin with cs_test_ are free.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://contentstats.io/api/v1',
			description:
				'The URL of the API. Leave as is unless ContentStats support tells you otherwise.',
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
}
