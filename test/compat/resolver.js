const { sep } = require('node:path');

const FROM_HERE = /^(n8n-core|n8n-workflow|zod)(\/|$)/;

/** Lets our own files find the n8n, and its zod, that is installed in this folder. */
module.exports = (request, options) => {
	const isOurs = !options.basedir.includes(`${sep}node_modules${sep}`);
	const basedir = isOurs && FROM_HERE.test(request) ? __dirname : options.basedir;
	return options.defaultResolver(request, { ...options, basedir });
};
