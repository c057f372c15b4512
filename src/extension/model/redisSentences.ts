/** What storages on a Redis server say, as they reach a person through the extension: see `FOREIGN_SENTENCES`. */
export const REDIS_SENTENCES: readonly string[] = [
  '{0} has no Optuna storage under the prefix "{1}". {2}',
  '{0} has no Optuna storage without a prefix. {1}',
  'Start a study there first, or correct the database number or the prefix.',
  'It has storages under {0}.',
  '{0} has lost line {1} of {2} (the key "{3}"): it was deleted, or evicted for want of memory. Put the key back from a backup, or begin anew with another prefix, on a server with maxmemory-policy noeviction.',
  '{0} has lost what was written last: its server went down without it. Resume the study to go on with what is there now.',
  '{0} does not let the user "{1}" do that ({2}): ask for the rights to read and write keys that begin with "{3}", and to EVAL.',
  '{0} can only be read: it is a replica. Name the server that takes writes.',
  '{0} has no memory left (maxmemory): have it raised, or other keys removed, and resume. Nothing was written.',
  '{0} takes no writes, as it cannot save to its disk: have that mended (its log says why), and resume.',
  '{0} is in protected mode and answers its own machine only: have a password set there, or its bind address.',
  '{0} has something else under "{1}" than an Optuna journal\'s count: name another prefix with ?prefix= in the URL.',
  '{0} is a cluster that keeps these keys on {1}: write that node, and a prefix in braces, such as ?prefix={2}, which keeps them together.',
  '{0} cannot be read: no Redis server listens there. Check the port, and whether the URL is to begin with rediss://.',
  '{0} has no database {1}: write a lower number (redis.conf\'s "databases" says how many there are).',
  '{0} names the database "{1}", but those of Redis have numbers: write /0.',
];
