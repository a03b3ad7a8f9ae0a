import { linksOf, readPastedText } from '../../model/pastedText';

/** Fields of an object that are looked through, and characters of each that are read. */
const MAX_FIELDS = 50;
const MAX_LENGTH = 2_000;

const isObject = (value: unknown): value is object =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const holdsLink = (value: unknown): boolean =>
	typeof value === 'string' &&
	linksOf(readPastedText(value.slice(0, MAX_LENGTH))).some(({ parsed }) => parsed.ok);

/**
 * Returns the expression that takes the link out of an object, or out of each object of a list.
 *
 * @param entered what the user entered: `={{ $json.videos }}`.
 * @param value what it evaluates to: `[{ url: 'https://…' }]`.
 * @returns such as `{{ $json.videos.map((item) => item.url) }}`; undefined if no field holds a link.
 */
export function expressionFor(entered: unknown, value: unknown): string | undefined {
	const objects = Array.isArray(value) ? value : [value];
	if (!objects.every(isObject)) return undefined;
	const [field] =
		Object.entries(objects[0] ?? {})
			.slice(0, MAX_FIELDS)
			.find(([, text]) => holdsLink(text)) ?? [];
	const [, path] = /^=\s*\{\{([^{}]{1,200})\}\}\s*$/.exec(String(entered)) ?? [];
	if (field === undefined || path === undefined) return undefined;
	const access = /^[A-Za-z_$][\w$]*$/.test(field) ? `.${field}` : `[${JSON.stringify(field)}]`;
	return Array.isArray(value)
		? `{{ ${path.trim()}.map((item) => item${access}) }}`
		: `{{ ${path.trim()}${access} }}`;
}
