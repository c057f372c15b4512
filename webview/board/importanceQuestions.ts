/** Which importance is asked for, and which answer belongs to what is shown. */
import type { ImportanceQuestion, PanelImportance } from '../../src/protocol/panel.ts';
import { objectiveOf, type Scene } from '../charts/scene.ts';

/** How long a filter rests before importance is measured anew. */
const ASK_MS = 300;
/** The same when trials came into the filter or left it. */
const ASK_AGAIN_MS = 5000;

export class ImportanceQuestions {
  readonly #onQuestion: (question: ImportanceQuestion | null) => void;
  #answer: PanelImportance | null = null;
  /** How far a measurement of more than a second is. */
  #measured: { readonly question: string; readonly done: number } | null = null;
  #asked = 'null';
  #askedCount = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onQuestion: (question: ImportanceQuestion | null) => void) {
    this.#onQuestion = onQuestion;
  }

  take(answer: PanelImportance): void {
    this.#answer = answer;
    this.#measured = null;
  }

  takeProgress({ evaluator, objective, selection }: ImportanceQuestion, done: number): void {
    this.#measured = { question: JSON.stringify({ evaluator, objective, key: selection?.key ?? null }), done };
  }

  forget(): void {
    this.#answer = null;
    this.#asked = '';
  }

  /** The answer for the trials and the objective that are shown; null until it is there. */
  answerOf(scene: Scene): PanelImportance | null {
    const answer = this.#answer;
    const isAnswer =
      answer !== null &&
      answer.evaluator === scene.choices.evaluator &&
      answer.objective === objectiveOf(scene) &&
      (answer.selection?.key ?? null) === keyOf(scene);
    return isAnswer ? answer : null;
  }

  /** How far the measurement of what is shown is; null when none is under way. */
  doneOf(scene: Scene): number | null {
    return this.#measured?.question === questionOf(scene) ? this.#measured.done : null;
  }

  /** Asks where another question is wanted than before. */
  update(scene: Scene, isWanted: boolean): void {
    const { selection, choices } = scene;
    const key = keyOf(scene);
    const asked = isWanted ? questionOf(scene) : 'null';
    const ask = () => {
      this.#timer = undefined;
      this.#askedCount = selection.count;
      const chosen = key === null ? {} : { selection: { key, bits: selection.bits() } };
      const wanted = { evaluator: choices.evaluator, objective: objectiveOf(scene) };
      this.#onQuestion(isWanted ? { ...wanted, ...chosen } : null);
    };
    if (asked !== this.#asked) {
      this.#asked = asked;
      clearTimeout(this.#timer);
      // A brush that is still being moved asks once it rests.
      if (key === null) ask();
      else this.#timer = setTimeout(ask, ASK_MS);
    } else if (key !== null && this.#timer === undefined && selection.count !== this.#askedCount)
      this.#timer = setTimeout(ask, ASK_AGAIN_MS);
  }
}

function keyOf({ selection, choices }: Scene): string | null {
  return selection.isOn ? JSON.stringify(choices.filter) : null;
}

function questionOf(scene: Scene): string {
  return JSON.stringify({
    evaluator: scene.choices.evaluator,
    objective: objectiveOf(scene),
    key: keyOf(scene),
  });
}
