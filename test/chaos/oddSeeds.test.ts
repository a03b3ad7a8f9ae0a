import { testBatches } from './batches';

testBatches(1, 3);
