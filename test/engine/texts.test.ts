import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';

import { ContentStatsApi } from '../../credentials/ContentStatsApi.credentials';
import { ContentStats } from '../../nodes/ContentStats/ContentStats.node';
import { ContentStatsTrigger } from '../../nodes/ContentStats/ContentStatsTrigger.node';

type Entry = Pick<INodeProperties, 'displayName' | 'description' | 'hint' | 'type'>;

/** Lists fields, their options and the modes of their resource locators, at every depth. */
const entriesOf = (fields: INodeProperties[]): Entry[] =>
	fields.flatMap((field) => [
		field,
		...(field.modes ?? []).map((mode) => ({ ...mode, type: field.type })),
		...(field.options ?? []).flatMap(
			(option: INodeProperties | INodePropertyOptions | INodePropertyCollection): Entry[] =>
				'value' in option
					? [{ displayName: option.name, description: option.description, type: 'options' }]
					: entriesOf([option as INodeProperties]),
		),
	]);

const ENTRIES = [
	new ContentStatsApi().properties,
	new ContentStats().description.properties,
	new ContentStatsTrigger().description.properties,
]
	.flatMap(entriesOf)
	// What an AI agent is told may be longer.
	.filter(({ displayName }) => displayName !== 'Tool Description');

const textsOf = (key: 'description' | 'hint') =>
	ENTRIES.flatMap((entry): Array<[string, string]> => {
		const text = entry[key];
		return text ? [[entry.displayName, text]] : [];
	});

test('every text of the editor is found', () => {
	expect(textsOf('hint').length).toBeGreaterThanOrEqual(3);
	expect(textsOf('description').length).toBeGreaterThan(50);
});

// n8n cuts nothing off: a longer hint pushes the fields below it out of sight.
test.each(textsOf('hint'))('the hint of %s has at most 120 characters', (_, hint) => {
	expect(hint.length).toBeLessThanOrEqual(120);
});

test.each(textsOf('description'))('the description of %s fits a tooltip', (_, description) => {
	expect(description.length).toBeLessThanOrEqual(150);
});

test('every field but the notice says what it is for', () => {
	const silent = ENTRIES.filter(
		({ description, hint, type }) => !description && !hint && !['notice', 'options'].includes(type),
	).map(({ displayName }) => displayName);
	expect([...new Set(silent)].sort()).toEqual(['Filters', 'From List', 'Options']);
});
