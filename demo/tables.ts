import { Table } from 'console-table-printer';
import type { IDataObject } from 'n8n-workflow';
import { formatCost } from '../nodes/ContentStats/utils/format';
import { plainText } from './text';

const OUTCOME_COLUMNS = ['outcome', 'video_id', 'platform', 'estimated_cost', 'input_link'];
const SNAPSHOT_COLUMNS = [
	'snapshot_time',
	'platform',
	'video_id',
	'creator',
	'views',
	'likes',
	'comments',
	'shares',
	'saves',
];
const NUMERIC = ['estimated_cost', 'views', 'likes', 'comments', 'shares', 'saves'];

/** Formats the items of Track as a table, one line per link. */
export function outcomeTable(items: IDataObject[]): string {
	const withPrice = items.map((item) => ({
		...item,
		estimated_cost: item.estimated_cost == null ? null : formatCost(Number(item.estimated_cost)),
	}));
	return tableOf(OUTCOME_COLUMNS, withPrice);
}

/** Formats snapshot rows as a table, one line per row. */
export function snapshotTable(rows: IDataObject[]): string {
	return tableOf(SNAPSHOT_COLUMNS, rows);
}

function tableOf(columns: string[], rows: IDataObject[]): string {
	const table = new Table({
		columns: columns.map((name) => ({
			name,
			alignment: NUMERIC.includes(name) ? 'right' : 'left',
		})),
		// Colour codes would end up in a file if the output is redirected.
		shouldDisableColors: true,
	});
	const cells = (row: IDataObject) => columns.map((name) => [name, cellOf(row[name])]);
	return table.addRows(rows.map((row) => Object.fromEntries(cells(row)))).render();
}

function cellOf(value: unknown): string {
	return plainText(String(value ?? '–')).replace(/\s+/g, ' ');
}
