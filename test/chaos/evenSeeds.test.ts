import { testBatches } from './batches';

testBatches(2, 4);
