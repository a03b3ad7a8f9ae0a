const IN_NODES = '^nodes/ContentStats/';

/** The layers of the nodes, lowest first, each with the layers that it may import. */
const LAYERS = {
	utils: { path: 'utils/', below: [] },
	api: { path: 'api/', below: ['utils'] },
	model: { path: 'model/', below: ['api', 'utils'] },
	host: { path: 'host\\.ts$', below: ['api', 'utils'] },
	operations: { path: 'operations/', below: ['model', 'host', 'api', 'utils'] },
	polling: { path: 'polling/', below: ['model', 'api', 'utils'] },
};

const pathOf = (layer) => IN_NODES + LAYERS[layer].path;

const layerRules = Object.entries(LAYERS).map(([layer, { below }]) => ({
	name: `layer-${layer}`,
	comment: `${layer} may import ${below.length > 0 ? below.join(', ') : 'no other layer'}: whoever changes a layer has to know those below it, and no others.`,
	severity: 'error',
	from: { path: pathOf(layer) },
	to: { path: '^(nodes|credentials)/', pathNot: [layer, ...below].map(pathOf) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
	forbidden: [
		...layerRules,
		{
			name: 'no-circle',
			comment:
				'Two modules that import each other, even for a type, are one module in two files: neither can be read, tested or moved alone.',
			severity: 'error',
			from: {},
			to: { circular: true },
		},
		{
			name: 'no-n8n-value',
			comment:
				'api, model, polling and utils import types of n8n only: the request, the clock and the sleep are handed in, so that each is tested without a host.',
			severity: 'error',
			from: { path: ['utils', 'api', 'model', 'polling'].map(pathOf) },
			to: { path: 'n8n-(workflow|core)', dependencyTypesNot: ['type-only'] },
		},
		{
			name: 'no-foreign-package',
			comment:
				'n8n gives a community node n8n-workflow, zod and node:crypto at run time, and nothing else: another package would be missing on the user’s machine.',
			severity: 'error',
			from: { path: '^(nodes|credentials)/' },
			to: {
				dependencyTypesNot: ['local', 'type-only'],
				pathNot: '(^|/)(n8n-workflow|zod)/|^(node:)?crypto$',
			},
		},
		{
			name: 'nodes-stand-alone',
			comment: 'The nodes are what is published: they import nothing that stays behind.',
			severity: 'error',
			from: { path: '^(nodes|credentials)/' },
			to: { path: '^(sandbox|harness|bench|demo|scripts|test)/' },
		},
		{
			name: 'sandbox-stands-alone',
			comment:
				'The sandbox shares no code with the nodes: if both misread the API alike, no test could tell.',
			severity: 'error',
			from: { path: '^sandbox/' },
			to: { path: '^(nodes|credentials|harness|bench|demo|scripts|test)/' },
		},
		{
			name: 'test-is-no-library',
			comment:
				'Code that tests share with the benchmark or the demo belongs to harness: tests may then change freely.',
			severity: 'error',
			from: { path: '^(harness|bench|demo|scripts)/' },
			to: { path: '^test/' },
		},
		{
			name: 'no-unresolvable',
			comment:
				'An import that cannot be resolved is held to no rule. dist/ exists after a build only.',
			severity: 'error',
			from: {},
			to: { couldNotResolve: true, pathNot: '^\\./dist/' },
		},
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '^(dist|demo/\\..*|test/compat/node_modules)/' },
		// Types count: they tie modules together as values do.
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		enhancedResolveOptions: {
			extensions: ['.ts', '.js', '.json'],
			exportsFields: ['exports'],
			conditionNames: ['import', 'require', 'node', 'default'],
		},
	},
};
