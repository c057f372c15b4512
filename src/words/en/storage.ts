import { messagesOf } from '../message.ts';

/** What storages say. */
export const STORAGE = {
  alreadyStudyName: 'already has a study of that name.',
  alreadyStudyNamedResumeChoose: '{path} already has a study named "{name}". Resume it, or choose another name.',
  anotherNode: 'another of its nodes',
  answered: '{url} answered: {message}',
  answeredOwnStorageFailed: 'answered that its own storage failed: {reason}',
  answeredOwnStorageFailedSee:
    'answered that its own storage failed: see whether its database runs, has room and can be written.',
  answeredTrialFinishedCannotChange: 'answered that the trial is finished and cannot change any more.',
  asksEncryptionWhichNotKnown:
    '{location} asks for the encryption "{written}", which is not known: write sslmode=disable, prefer, require, verify-ca or verify-full.',
  canOnlyReadReplicaName: 'can only be read: it is a replica. Name the server that takes writes.',
  canOnlyReadStandbySet: 'can only be read: it is a standby or was set read-only. Name the server that takes writes.',
  cancelsWhatAskedRaised: 'cancels what it was asked: have {setting} raised for {url}.',
  cannot: 'Cannot {verb} {path}: {reason}',
  cannotAskedEncryptionFails: 'cannot be asked, as the encryption fails: {message}.',
  cannotAskedStorageProxyOptunas: "cannot be asked as a storage proxy of Optuna's: {reason} Check the port.",
  cannotDiskFullFreeSome: 'Cannot {verb} {path}: the disk is full. Free some space and resume.',
  cannotKeepCharacterNameEncoding:
    'cannot keep a character of a name, as its encoding is not UTF-8: use another name, or a database in UTF-8.',
  cannotOpenFolderMustWritable: 'Cannot open {path}: its folder must be writable while it has a write-ahead log.',
  cannotOpenedServerNoDatabase: 'cannot be opened: the server has no database "{database}". Create it first.',
  cannotPermissionDenied: 'Cannot {verb} {path}: permission denied.',
  cannotReachedNoServerAnswers:
    'cannot be reached: no {serverNames} server answers there. Check host, port and firewall.',
  cannotReachedNoServerListens: 'cannot be reached: no server listens there. Start it, or check the port.',
  cannotReachedStartResume: '{url} cannot be reached: {message}. Start it and resume.',
  cannotReachedThereNoHost: 'cannot be reached: there is no host {host}.',
  cannotReadNoRedisServer:
    'cannot be read: no Redis server listens there. Check the port, and whether the URL is to begin with rediss://.',
  cannotReadNoServerListens:
    '{url} cannot be read: no {serverNames} server listens there. Check the port, and what the URL begins with.',
  cannotReadWhichStoragesUrl: "Cannot read {path}, which the storage's URL names: {reason}",
  cannotThereNoSuchFile: 'Cannot {verb} {path}: there is no such file.',
  cannotWrite: 'Cannot write {location}: {sentence}',
  cannotWriteDiskFullFree: 'Cannot write {path}: the disk is full. Free some space and resume.',
  cannotWriteDiskRefusedMaybe: 'Cannot write {path}: the disk refused it, maybe it is full. Check it and resume.',
  cannotWriteFolderDoesNot: 'Cannot write {path}: its folder does not exist.',
  cannotWritePermissionDeniedFile: 'Cannot write {path}: permission denied. The file and its folder must be writable.',
  certificateAnotherNameWriteName: 'has a certificate for another name{error}: write a name that is in it as the host.',
  certificateAuthorityNotKnownHere:
    "has a certificate of an authority that is not known here: name the authority's file with {option}=/path/ca.pem in the URL.",
  closed: '{url} was closed.',
  closedBeforeWritten: '{location} was closed before it was written.',
  clusterKeepsTheseKeysWrite:
    'is a cluster that keeps these keys on {node}: write that node, and a prefix in braces, such as ?prefix={prefix}, which keeps them together.',
  compressedFileUnpackOpenWhat: '{path} is a compressed file. Unpack it and open what is inside.',
  create: 'create',
  damagedCutOffMiddleCopy: '{path} is damaged or cut off in the middle. Copy the whole file again.',
  databaseButNotOneOptunas: "{path} is a database, but not one of Optuna's. Open a database of studies.",
  device: 'a device',
  doesNotAnswerStartAnew: 'does not answer. Start it anew and resume.',
  doesNotLetConnectHere: 'does not let {url} connect from here: ask for a line in its pg_hba.conf.',
  doesNotLetDoAsk:
    'does not let {url} do that ({message}): ask for the rights to read and write keys that begin with "{keyPrefix}:", and to EVAL.',
  doesNotLetDoAskRights: 'does not let {url} do that: ask for the rights to read and write its tables.',
  emptyNoStudyWrittenYet: '{path} is empty: no study was written to it yet.',
  endsMiddleHeaderCopyWhole: '{path} ends in the middle of its header. Copy the whole file again.',
  endsTransactionsTakeLongIdle:
    'ends transactions that take long: have idle_in_transaction_session_timeout and transaction_timeout raised for {url}.',
  folderOpenFileInside: '{path} is a folder. Open a file inside it.',
  fullDiskFreeSomeSpace: 'has a full disk. Free some space and resume.',
  hadLostConnectionMeanwhileResume:
    '{url} had lost a connection, and meanwhile {reason}. Resume the study to go on with what is there now.',
  largerThanMostLoadedUnasked:
    '{path} is larger than {limit}, the most that is loaded unasked: open it yourself to load its trials.',
  largerThanMostReadSuch:
    '{path} is larger than {limit}, the most that is read of such a file: put a smaller one there.',
  leadsOutLinkWhichNot: '{path} leads out of {folder} by a link, which is not followed: put the file itself there.',
  leftAlonePutRegularFile: '{path} is {what} and is left alone: put a regular file there.',
  letsNobodyWhoDoesNot:
    'lets nobody in who does not encrypt, or not from here: write sslmode=require, or ask for access.',
  letsThroughSocketOnlyWhere:
    'lets {url} in through its socket only where the login here has that name: write 127.0.0.1 as the host.',
  lineLongerThanOpenFile:
    'Line {lineNumber} of {path} is longer than {most}: open the file yourself to load its trials.',
  lock: 'lock',
  lockedAnotherProgramTryAgain: 'is locked by another program. Try again when it has finished writing.',
  lockedAnotherProgramTryAgainWhen: '{path} is locked by another program. Try again when it has finished writing.',
  lostLineKeyDeletedEvicted:
    '{url} has lost line {number} of {total} (the key "{number2}"): it was deleted, or evicted for want of memory. Put the key back from a backup, or begin anew with another prefix, on a server with maxmemory-policy noeviction.',
  moreThanOneWriteThose:
    '{text} has more than one @: write those of the user and the password as %40, or leave the password to TUNEBOARD_STORAGE_PASSWORD.',
  moved: '{place} has another server now, {to}: the study goes on there.',
  namedPipe: 'a named pipe',
  namedRunRecordServerOpen:
    '{location} was named by a run record and is on a server: open it yourself to load its trials.',
  namesDatabaseButThoseRedis: '{location} names the database "{database}", but those of Redis have numbers: write /0.',
  namesFileWhichNotRead:
    '{text} names a file with "{other}", which is not read here: write user, host and database into the URL, and the password into TUNEBOARD_STORAGE_PASSWORD.',
  namesHostAddressWhichCannot:
    "{url} names its host by an address, which cannot be checked against a certificate: write the host's name, or ssl-mode=VERIFY_CA.",
  namesNoDatabaseAddDatabase: '{location} names no database: add /database at its end.',
  namesSeveralHostsWriteOne:
    '{location} names several hosts: write the one that takes writes, or a name that stands for it.',
  neitherOptunaDatabaseJournalNor:
    '{path} is neither an Optuna database or journal nor the log of a study. Open one of these.',
  neitherOptunaJournalNorOptuna:
    '{path} is neither an Optuna journal nor an Optuna database: name another file under "storage".',
  noConnectionLeftLetOther: 'has no connection left: let other programs end theirs.',
  noDatabaseWriteLowerNumber:
    'has no database {database}: write a lower number (redis.conf\'s "databases" says how many there are).',
  noEncryptionWhichUrlAsks:
    'has no encryption, which its URL asks for: have it switched on there, or remove that from the URL.',
  noMemoryLeftMaxmemoryRaised:
    'has no memory left (maxmemory): have it raised, or other keys removed, and resume. Nothing was written.',
  noOptunaStorage: '{url} has no Optuna storage {under}. {elsewhere}',
  noSchemaMakeTablesCreate:
    'has no schema to make tables in: create the one that its search_path names, or correct search_path.',
  noServerAnswersNow: '{url} has no server that answers now: {found}.',
  noServerTakesWritesNow: '{url} has no server that takes writes now: {found}.',
  noStudiesOptunasTablesSchema:
    "{url} has no studies: Optuna's tables (schema {headVersion}) are not in it. Run a study there first, or name another database.",
  noStudyNamed: '{location} has no study named "{name}". It has: {names}.',
  noStudyNamedAnyMore: '{location} has no study named "{name}" any more.',
  noStudyYetStartOne: '{location} has no study yet. Start one first.',
  noSuchStudyTrialAny: 'has no such study or trial any more.',
  noTableNotAllOptuna:
    '{url} has no table {missing}: it is not all of an Optuna database. Run a study there, which makes what is missing.',
  noTableNotAllOptunaDatabase: '{path} has no table {missing}: it is not all of an Optuna database. Copy it again.',
  noUrlDatabaseWrite: '{text} is no URL of a database: write it as {examples}.',
  nodeJsCannotReadSqlite: 'This Node.js cannot read SQLite. Use version 22.13 or newer.',
  notAskedAnyMoreClosed: '{url} is not asked any more: it was closed here.',
  notSqliteDatabaseEncrypted: '{path} is not a SQLite database, or it is encrypted.',
  open: 'open',
  parameterStudyOtherChoicesAnother:
    'Parameter "{name}" of study "{name2}" has other choices, another kind or another scale in earlier trials. Use a new study or a new parameter name.',
  protectedModeAnswersOwnMachine:
    'is in protected mode and answers its own machine only: have a password set there, or its bind address.',
  read: 'read',
  refusedCheckUserPassword: 'refused {url}: check the user and the password.',
  refusedNameNoUnicodeText: 'refused a name that is no Unicode text: it holds half of a character.',
  refusedParameter: 'refused a parameter: {reason}',
  replicaNameServerTakesWrites: '{url} is a replica: name the server that takes writes.',
  says: '{place} {what}',
  serviceCannotOpenedOpenJournal:
    '{url} is a service that cannot be opened. Open a journal, a SQLite file, a log, or a database by postgresql://, mysql://, redis:// or grpc://.',
  socket: 'a socket',
  somethingElseUnderLogNumber:
    'has something else under "{keyPrefix}:log_number" than an Optuna journal\'s count: name another prefix with ?prefix= in the URL.',
  somethingElseUnderThanOptuna:
    '{url} has something else under "{countKey}" than an Optuna journal\'s count: name another prefix with ?prefix= in the URL.',
  speaksGrpcButNoStorage: "speaks gRPC, but is no storage proxy of Optuna's. Check the port.",
  storageTakeButThereNo: 'The storage is to take {placeholder}, but there is no environment variable {name}: set it.',
  studiesNameOneThem: '{location} has {studies} studies: {names}. Name one of them.',
  studiesWrittenJournalFilesRedis:
    "Studies are written to journal files, to Redis, to databases in SQLite, PostgreSQL and MySQL, and through Optuna's storage proxy, not to {given}: write the path of one, or sqlite:///study.db.",
  studyNoTrial: 'Study "{name}" in {path} has no trial {number}.',
  studyReplacedWhileUseResume:
    'The study "{name}" in {location} was replaced while it was in use. Resume it to go on with what is there now.',
  symbolicLink: 'a symbolic link',
  tableComputedColumnWhichNo:
    'Table {table} of {path} has a computed column, which no version of Optuna makes: it is not read.',
  takesNoMoreThan4: 'takes no more than 4 MiB at once, and a trial or an attribute is larger.',
  takesNoMoreThanBytes: '{url} takes no more than {bytes} bytes at a time: set its max_allowed_packet to 1 MB or more.',
  takesNoWritesCannotSave:
    'takes no writes, as it cannot save to its disk: have that mended (its log says why), and resume.',
  thereAgain: '{place} is there again: the study goes on.',
  trialStudyChangedMeanwhileNothing:
    'Trial {numbers} of study "{name}" in {location} was changed meanwhile: nothing was written.',
  trialStudyFinishedCannotChange: 'Trial {number} of study "{name}" in {path} is finished and cannot change any more.',
  user: 'the user "{user}"',
  userWord: 'this user',
  waitedFor: '{reason} It is waited for, {seconds} s at most.',
  waitsServersConnectTimeoutWhich:
    '{location} waits for servers with connect_timeout={wait}, which is no number: write seconds.',
  wantsLogWayNotKnown: 'wants {url} to log in in a way that is not known here.',
  wantsPasswordSetTuneboardStorage: 'wants a password: set TUNEBOARD_STORAGE_PASSWORD, or let Open Storage ask for it.',
  wantsPasswordSetTuneboardStoragePassword:
    '{url} wants a password: set TUNEBOARD_STORAGE_PASSWORD, or let Open Storage ask for it.',
  whichStoragesUrlNamesHolds:
    "{path}, which the storage's URL names, holds no certificate or key in PEM form: name a .pem file.",
  write: 'write',
  writtenOldOptunaSchemaRun:
    '{location} was written by an old Optuna (schema {version}). Run: optuna storage upgrade --storage {url}',
  writtenOptunaNewerThanVersion:
    '{location} was written by an Optuna newer than this version knows (schema {version}). Update Tuneboard.',
  unreadableAnswer: "{place} gave an answer to {name} that cannot be read: it is no storage proxy of Optuna's.",
  unreadable: '{place} cannot be read: {reason}.',
  readerEnded: 'its reader ended',
  readerSilent: 'its reader was silent for {seconds} s',
  readerMemory: 'it needs more than {megabytes} MB of memory',
  closedUnread: '{place} was closed before it was read.',
  proxyTls:
    "{url} asks for TLS, which Optuna's storage proxy does not speak: write grpc://, inside a network you trust.",
  proxyUser: "{url} names a user, and Optuna's storage proxy knows none: leave out all before the @.",
  proxyUrl: '{url} is no URL of a storage proxy: write it as grpc://host:13000.',
  itsNode: 'its node {place}',
  mayMakeNone:
    '{url} has no tables of Optuna yet, and {user} may not make any: ask for the right to create tables there.',
  theUser: 'the user "{user}"',
  lostLastWrites:
    '{place} has lost what was written last: its server went down without it. Resume the study to go on with what is there now.',
} as const;

export const storageMessage = messagesOf('storage', STORAGE);
