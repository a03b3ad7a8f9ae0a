// Loads n8n-core without using it, since every process of n8n has it in memory.
import '../../harness/engine';

export { default } from './axios';
