/**
 * Every name that package.json and the code share, declared once. A test compares them with package.json, so that
 * neither side can have one that the other lacks.
 */

export const Command = {
  startStudy: 'tuneboard.startStudy',
  stopStudy: 'tuneboard.stopStudy',
  pauseStudy: 'tuneboard.pauseStudy',
  resumeStudy: 'tuneboard.resumeStudy',
  openStorage: 'tuneboard.openStorage',
  closeStorage: 'tuneboard.closeStorage',
  loadStudy: 'tuneboard.loadStudy',
  refreshStudies: 'tuneboard.refreshStudies',
  showHistory: 'tuneboard.showHistory',
  compareStudies: 'tuneboard.compareStudies',
  showTrialOutput: 'tuneboard.showTrialOutput',
  showRunLog: 'tuneboard.showRunLog',
  showLog: 'tuneboard.showLog',
  insertBestParameters: 'tuneboard.insertBestParameters',
  insertTrialParameters: 'tuneboard.insertTrialParameters',
  copyBestParametersAs: 'tuneboard.copyBestParametersAs',
  copyTrialParametersAs: 'tuneboard.copyTrialParametersAs',
  enqueueTrial: 'tuneboard.enqueueTrial',
  killTrial: 'tuneboard.killTrial',
  debugTrial: 'tuneboard.debugTrial',
  showTraceback: 'tuneboard.showTraceback',
  chooseMetric: 'tuneboard.chooseMetric',
  newStudyFile: 'tuneboard.newStudyFile',
  chooseInterpreter: 'tuneboard.chooseInterpreter',
  openExample: 'tuneboard.openExample',
  installBackend: 'tuneboard.installBackend',
  tuneLastTerminalCommand: 'tuneboard.tuneLastTerminalCommand',
  tuneValue: 'tuneboard.tuneValue',
  tuneValues: 'tuneboard.tuneValues',
  stopTuning: 'tuneboard.stopTuning',
  editRange: 'tuneboard.editRange',
  showValueOrigin: 'tuneboard.showValueOrigin',
  compareCodeWithTrial: 'tuneboard.compareCodeWithTrial',
  commitBestParameters: 'tuneboard.commitBestParameters',
  actInPanel: 'tuneboard.actInPanel',
  sortStudies: 'tuneboard.sortStudies',
  findStudy: 'tuneboard.findStudy',
  archiveStudy: 'tuneboard.archiveStudy',
  deleteStudy: 'tuneboard.deleteStudy',
  unarchiveStudy: 'tuneboard.unarchiveStudy',
} as const;
export type Command = (typeof Command)[keyof typeof Command];

export const Setting = {
  pythonInterpreterPath: 'tuneboard.python.interpreterPath',
  optunaAttach: 'tuneboard.optuna.attach',
  optunaSampler: 'tuneboard.optuna.sampler',
  optunaPruner: 'tuneboard.optuna.pruner',
  optunaOverride: 'tuneboard.optuna.override',
  trainerTensorflowPath: 'tuneboard.trainer.tensorflowPath',
  trainerBackend: 'tuneboard.trainer.backend',
  trainerConfirmEstimate: 'tuneboard.trainer.confirmEstimate',
  studiesRevealOnStart: 'tuneboard.studies.revealOnStart',
  notificationsOnEnd: 'tuneboard.notifications.onEnd',
  lensEnabled: 'tuneboard.lens.enabled',
  hoverEnabled: 'tuneboard.hover.enabled',
  inlayHintsEnabled: 'tuneboard.inlayHints.enabled',
  inlineSuggestionsEnabled: 'tuneboard.inlineSuggestions.enabled',
  insertNotes: 'tuneboard.insert.notes',
} as const;
export type Setting = (typeof Setting)[keyof typeof Setting];

export const View = { studies: 'tuneboard.studies' } as const;

export const ViewContainer = { tuneboard: 'tuneboard' } as const;

/** The type of the History panel, under which the window restores it. */
export const HISTORY_PANEL = 'tuneboard.history';

/** Under this key a window that opens an example's folder leaves what the next one goes on with. */
export const OPENED_EXAMPLE = 'openedExample';

export const ContextKey = {
  /** The first search for runs is over: until then the view is not empty, only unread. */
  ready: 'tuneboard.ready',
  /** The active editor holds something that Start Study may run. */
  startable: 'tuneboard.startable',
  /** Set for the walkthrough when it has happened in this window: a study runs in its folders … */
  started: 'tuneboard.started',
  /** … one of its trials finished … */
  trialFinished: 'tuneboard.trialFinished',
  /** … a History panel showed a study … */
  historyShown: 'tuneboard.historyShown',
  /** … and parameters were put into code. */
  inserted: 'tuneboard.inserted',
} as const;
export type ContextKey = (typeof ContextKey)[keyof typeof ContextKey];

/** Tokens of a tree item's context value, separated by dots: `trial.complete.best`. */
export const Token = {
  storage: 'storage',
  study: 'study',
  trial: 'trial',
  running: 'running',
  paused: 'paused',
  resumable: 'resumable',
  pausable: 'pausable',
  enqueueable: 'enqueueable',
  killable: 'killable',
  hasBest: 'hasBest',
  hasLog: 'hasLog',
  /** Its first run has ended, and a person is to say which number is the metric. */
  asksMetric: 'asksMetric',
  hasOutput: 'hasOutput',
  debuggable: 'debuggable',
  archived: 'archived',
  /** Its storage is named by a run record only, and opened when a person asks for it. */
  loadable: 'loadable',
} as const;
