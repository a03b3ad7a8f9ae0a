// Must be the first import: it mocks a part of n8n-workflow.
import { useSleep } from '../support/fakeSleep';

import type { INodeType } from 'n8n-workflow';
import * as workflow from 'n8n-workflow';

import { clock } from './clock';

// The node's waits pass on the schedule's clock.
useSleep((ms) => clock.sleep(ms));

const CURSOR = '../../nodes/ContentStats/polling/cursor';
export type CursorModule = typeof import('../../nodes/ContentStats/polling/cursor');

/**
 * Loads the trigger with fresh copies of all its modules, as another n8n process would. n8n itself
 * is loaded once.
 *
 * @param breakCursor returns replacements for exports of the cursor module
 */
export function loadTrigger(
	breakCursor: (cursor: CursorModule) => Partial<CursorModule> = () => ({}),
): INodeType {
	let trigger!: INodeType;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => workflow);
		const cursor = jest.requireActual<CursorModule>(CURSOR);
		jest.doMock(CURSOR, () => ({ ...cursor, ...breakCursor(cursor) }));
		const { ContentStatsTrigger } = jest.requireActual<
			typeof import('../../nodes/ContentStats/ContentStatsTrigger.node')
		>('../../nodes/ContentStats/ContentStatsTrigger.node');
		trigger = new ContentStatsTrigger();
	});
	return trigger;
}
