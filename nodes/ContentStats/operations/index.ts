import { get } from './get';
import { list } from './list';
import type { Operation } from './operation';
import { stop } from './stop';
import { track } from './track';
import { usage } from './usage';

/** Every operation of the action node, in the order the editor lists them. */
export const operations: Operation[] = [get, list, stop, track, usage];
