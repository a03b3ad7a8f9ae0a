// What every process of n8n holds is there, and nothing of it is used.
import '../../test/engine/support/host';

export { default } from './axios';
