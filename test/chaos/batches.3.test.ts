import { testShard } from './shard';

testShard(3, 4);
