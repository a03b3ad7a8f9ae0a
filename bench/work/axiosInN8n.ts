// What every process of n8n holds is there, and nothing of it is used.
import '../../harness/engine';

export { default } from './axios';
