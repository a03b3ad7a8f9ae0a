import type { IExecuteFunctions, IPollFunctions } from 'n8n-workflow';

/** Fetches the text of a reply by n8n's request helper alone: the least work of a request in a node. */
export async function ask(
	context: IExecuteFunctions | IPollFunctions,
	url: string,
): Promise<string> {
	const { body } = (await context.helpers.httpRequestWithAuthentication.call(
		context,
		'contentStatsApi',
		{
			method: 'GET',
			url,
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
		},
	)) as { body: string };
	return body;
}
