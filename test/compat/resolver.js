const { sep } = require('node:path');

const FROM_HERE = /^(n8n-core|n8n-workflow|zod)(\/|$)/;

/** Resolves n8n and its zod from this folder when our own files import them. */
module.exports = (request, options) => {
	const isOurs = !options.basedir.includes(`${sep}node_modules${sep}`);
	const basedir = isOurs && FROM_HERE.test(request) ? __dirname : options.basedir;
	return options.defaultResolver(request, { ...options, basedir });
};
