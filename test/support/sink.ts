import fastify from 'fastify';
import type { IDataObject, INode, NodeParameterValueType } from 'n8n-workflow';
import type { WorkflowTemplate } from '../../demo/n8n';

interface Columns {
	mappingMode: 'autoMapInputData' | 'defineBelow';
	value: Record<string, string>;
	matchingColumns: string[];
}

/** A local stand-in for Google Sheets, Slack and QuickChart, with what it received. */
export interface Sink {
	url: string;
	/** The rows of each sheet by its name, in the order they were first written. */
	sheets: Map<string, IDataObject[]>;
	/** The messages, oldest first. */
	messages: Array<{ channel: string; text: string }>;
	/** The charts drawn, oldest first: `labels[0]`, `data[0]` and so on. */
	charts: Array<Record<string, string>>;
	/** The files posted, oldest first. */
	files: Array<{ comment: string; bytes: Buffer }>;
	close(): Promise<void>;
}

/** The picture that every chart is: what begins a PNG. */
export const CHART = Buffer.from('89504e470d0a1a0a', 'hex');

/** Starts the sink on 127.0.0.1. */
export async function startSink(): Promise<Sink> {
	const sheets: Sink['sheets'] = new Map();
	const messages: Sink['messages'] = [];
	const charts: Sink['charts'] = [];
	const files: Sink['files'] = [];
	const server = fastify();
	const sheet = (name: string) => sheets.get(name) ?? sheets.set(name, []).get(name)!;
	server.get<{ Params: { name: string } }>('/sheets/:name', ({ params: { name } }) =>
		sheet(name).map((row, index) => ({ row_number: index + 2, ...row })),
	);
	server.post<{
		Params: { name: string; key: string };
		Querystring: { cellFormat: string };
		Body: IDataObject;
	}>('/sheets/:name/:key', ({ params: { name, key }, query, body }) => {
		const rows = sheet(name);
		const { row_number, ...values } = body;
		const cells = query.cellFormat === 'RAW' ? values : asTyped(values);
		const index =
			key === 'row_number'
				? Number(row_number) - 2
				: rows.findIndex((row) => row[key] === cells[key]);
		if (rows[index]) Object.assign(rows[index], cells);
		else rows.push(cells);
		return { written: true };
	});
	server.post<{ Body: Sink['messages'][number] }>('/messages', ({ body }) => {
		messages.push(body);
		return { ok: true };
	});
	server.get<{ Querystring: Sink['charts'][number] }>('/charts', async ({ query }, reply) => {
		charts.push(query);
		return await reply.type('image/png').send(CHART);
	});
	server.addContentTypeParser('image/png', { parseAs: 'buffer' }, (_, body, done) =>
		done(null, body),
	);
	server.post<{ Querystring: { comment: string }; Body: Buffer }>('/files', ({ query, body }) => {
		files.push({ comment: query.comment, bytes: body });
		return { ok: true };
	});
	const url = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url, sheets, messages, charts, files, close: async () => await server.close() };
}

/** Returns cells as Google Sheets keeps what a user types: text that begins a formula is evaluated. */
const asTyped = (cells: IDataObject): IDataObject =>
	Object.fromEntries(
		Object.entries(cells).map(([name, value]) => {
			const isFormula = typeof value === 'string' && /^[=+@-]/.test(value);
			return [name, isFormula ? '#ERROR!' : value];
		}),
	);

/** Replaces each node of these services in a template by an equivalent request to the sink. */
export function withSink(template: WorkflowTemplate, { url }: Sink): WorkflowTemplate {
	const nodes = template.nodes.map((node) => {
		const parameters = requestOf(node, url);
		if (!parameters) return node;
		return { ...node, type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, parameters };
	});
	return { ...template, nodes };
}

function requestOf({ type, parameters }: INode, url: string): INode['parameters'] | undefined {
	const valueOf = (locator: NodeParameterValueType | undefined) =>
		(locator as { value: string }).value;
	if (type === 'n8n-nodes-base.quickChart')
		return {
			url: `${url}/charts`,
			sendQuery: true,
			queryParameters: {
				parameters: [
					{ name: 'labels', value: parameters.labelsArray as string },
					{ name: 'data', value: parameters.data as string },
				],
			},
			options: { response: { response: { responseFormat: 'file', outputPropertyName: 'data' } } },
		};
	if (type === 'n8n-nodes-base.slack' && parameters.resource === 'file') {
		const { initialComment } = parameters.options as { initialComment: string };
		return {
			method: 'POST',
			url: `${url}/files`,
			sendQuery: true,
			queryParameters: { parameters: [{ name: 'comment', value: initialComment }] },
			sendBody: true,
			contentType: 'binaryData',
			inputDataFieldName: 'data',
			options: {},
		};
	}
	if (type === 'n8n-nodes-base.slack')
		return post(`${url}/messages`, {
			channel: valueOf(parameters.channelId),
			text: parameters.text as string,
		});
	if (type !== 'n8n-nodes-base.googleSheets') return undefined;
	const sheetUrl = `${url}/sheets/${valueOf(parameters.sheetName)}`;
	if (parameters.operation === 'read') return { url: sheetUrl, options: {} };
	const columns = parameters.columns as unknown as Columns;
	const { cellFormat = 'USER_ENTERED' } = parameters.options as { cellFormat?: string };
	const keyUrl = `${sheetUrl}/${columns.matchingColumns[0]}?cellFormat=${cellFormat}`;
	if (columns.mappingMode === 'defineBelow') return post(keyUrl, columns.value);
	return {
		method: 'POST',
		url: keyUrl,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ $json }}',
		options: {},
	};
}

/** Builds a POST that sends each value on its own, because values contain expressions within text. */
const post = (url: string, values: Record<string, string>): INode['parameters'] => ({
	method: 'POST',
	url,
	sendBody: true,
	bodyParameters: {
		parameters: Object.entries(values).map(([name, value]) => ({ name, value })),
	},
	options: {},
});
