const { ContentStatsApi } = require('./dist/credentials/ContentStatsApi.credentials.js');
const { ContentStats } = require('./dist/nodes/ContentStats/ContentStats.node.js');
const { ContentStatsTrigger } = require('./dist/nodes/ContentStats/ContentStatsTrigger.node.js');

module.exports = { ContentStatsApi, ContentStats, ContentStatsTrigger };
