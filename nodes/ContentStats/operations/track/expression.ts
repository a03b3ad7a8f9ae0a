import { parseVideoLink } from '../../model/links';

/** Fields of an object that are looked through. */
const MAX_FIELDS = 50;

/** A chain such as `$json.videos` or `$('Node').item.json['a']`: a method can follow it. */
const CHAIN =
	/^[$\w]+(?:\.[$\w]+|\?\.[$\w]+|\[(?:\d+|"[^"\]]*"|'[^'\]]*')\]|\((?:"[^")]*"|'[^')]*')?\))*$/;

/** n8n refuses expressions with these names, and ends an expression at a brace. */
const isUsable = (field: string): boolean =>
	!/[{}]/.test(field) && !['__proto__', 'constructor', 'prototype'].includes(field);

const isObject = (value: unknown): value is object =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** A link inside a description may be that of another video. */
const isLink = (value: unknown): boolean =>
	typeof value === 'string' && parseVideoLink(value.trim()).ok;

/**
 * Returns the expression that takes the link out of an object, or out of each object of a list.
 *
 * @param entered what the user entered: `={{ $json.videos }}`.
 * @param value what it evaluates to: `[{ url: 'https://…' }]`.
 * @returns such as `{{ $json.videos.map((item) => item.url) }}`; undefined if no field is a link.
 */
export function expressionFor(entered: unknown, value: unknown): string | undefined {
	const objects = Array.isArray(value) ? value : [value];
	if (!objects.every(isObject)) return undefined;
	const [field] =
		Object.entries(objects[0] ?? {})
			.slice(0, MAX_FIELDS)
			.find(([name, text]) => isUsable(name) && isLink(text)) ?? [];
	const [, inner = ''] = /^=\s*\{\{([^{}]{1,200})\}\}\s*$/.exec(String(entered)) ?? [];
	const path = inner.trim();
	if (field === undefined || !CHAIN.test(path)) return undefined;
	const access = /^[A-Za-z_$][\w$]*$/.test(field) ? `.${field}` : `[${JSON.stringify(field)}]`;
	return Array.isArray(value)
		? `{{ ${path}.map((item) => item${access}) }}`
		: `{{ ${path}${access} }}`;
}
