/**
 * The endpoint of the one-file Python client (`tuneboard.py`, or any program that speaks this).
 *
 * The tuner puts into the environment of a trial's process:
 *   TUNEBOARD_ENDPOINT      `unix:<path of a socket>`, or `tcp:127.0.0.1:<port>` where Unix sockets are missing
 *   TUNEBOARD_TOKEN         the trial's own secret
 *   TUNEBOARD_TRIAL_NUMBER  the trial's number
 *   TUNEBOARD_STUDY         the study's name
 *   TUNEBOARD_PARAMS        the parameters as JSON
 *
 * Requests and answers are one JSON object a line (UTF-8, `\n`), answered in order; `value` may be NaN, Infinity or
 * -Infinity as Python's json module writes them. The first request must be `hello`; a wrong token closes the connection.
 *
 *   {"op":"hello","token":"…","trial":3}             → {"ok":true}
 *   {"op":"report","value":0.91,"step":2}            → {"ok":true}   durable in the storage when answered; step optional
 *   {"op":"report","metrics":{"f1":0.9},"step":2}    → {"ok":true}   several values by name, as a printed line would give
 *   {"op":"shouldPrune"}                             → {"ok":true,"prune":false}
 *   {"op":"attr","key":"note","value":"…"}           → {"ok":true}   a user attribute of the trial
 *   anything else                                    → {"ok":false,"error":"one sentence"}
 *
 * A program that was told `"prune":true` has 10 seconds to end by itself, with any exit code: the trial is pruned.
 */
export {};
