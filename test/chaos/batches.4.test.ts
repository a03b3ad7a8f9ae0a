import { testShard } from './shard';

testShard(4, 4);
