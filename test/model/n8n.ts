// Must be the first import: it mocks a part of n8n-workflow.
import { useSleep } from '../support/fakeSleep';

import type { INodeType } from 'n8n-workflow';
import * as workflow from 'n8n-workflow';

import { clock } from './clock';

// The node's waits pass on the schedule's clock.
useSleep((ms) => clock.sleep(ms));

/** What a process of n8n has loaded of this package. */
export interface LoadedPackage {
	trigger: INodeType;
	connect: typeof import('../../nodes/ContentStats/host').connect;
}

const NODE = '../../nodes/ContentStats';

interface Modules {
	'api/rateLimiter': typeof import('../../nodes/ContentStats/api/rateLimiter');
	'polling/ages': typeof import('../../nodes/ContentStats/polling/ages');
	'polling/cursor': typeof import('../../nodes/ContentStats/polling/cursor');
	'polling/judge': typeof import('../../nodes/ContentStats/polling/judge');
	'polling/reconcile': typeof import('../../nodes/ContentStats/polling/reconcile');
	'polling/slowdowns': typeof import('../../nodes/ContentStats/polling/slowdowns');
	'polling/spikes': typeof import('../../nodes/ContentStats/polling/spikes');
	'utils/time': typeof import('../../nodes/ContentStats/utils/time');
}

/** Returns replacements for exports of a module. */
export type Break<Name extends keyof Modules = keyof Modules> = {
	[Each in Name]: { of: Each; by: (actual: Modules[Each]) => Partial<Modules[Each]> };
}[Name];

const PROCESSES = 4;

/**
 * Loads the package for several processes, each with fresh copies of all its modules. n8n itself
 * is loaded once.
 *
 * @param broken the module to break
 */
export const loadPackages = (broken?: Break): LoadedPackage[] =>
	Array.from({ length: PROCESSES }, () => loadPackage(broken));

function loadPackage(broken?: Break): LoadedPackage {
	let loaded!: LoadedPackage;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => workflow);
		if (broken) {
			const path = `${NODE}/${broken.of}`;
			const actual = jest.requireActual(path);
			jest.doMock(path, () => ({ ...actual, ...broken.by(actual) }));
		}
		const { ContentStatsTrigger } = jest.requireActual<
			typeof import('../../nodes/ContentStats/ContentStatsTrigger.node')
		>(`${NODE}/ContentStatsTrigger.node`);
		const { connect } = jest.requireActual<typeof import('../../nodes/ContentStats/host')>(
			`${NODE}/host`,
		);
		loaded = { trigger: new ContentStatsTrigger(), connect };
		if (broken) jest.dontMock(`${NODE}/${broken.of}`);
	});
	return loaded;
}
