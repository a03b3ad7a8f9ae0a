/** Removes the API key from text. */
export type Redact = (text: string) => string;

/**
 * Creates the function through which all text of others goes before a message quotes it: an API may
 * quote the key that it refuses. Whatever else looks like a key is masked too.
 */
export const createRedact =
	(apiKey: string): Redact =>
	(text) =>
		(apiKey === '' ? text : text.replaceAll(apiKey, '(the API key)')).replace(
			/cs_(live|test)_[\w-]+/g,
			'cs_$1_…',
		);
