/** How sure a category is, by the kind of evidence for it. */

/** Kinds of evidence. */
export type Evidence = keyof typeof CONFIDENCE;

// Calibrated on labelled tools of a hundred servers: `docs/labels.md` has the curve, and how each number was set.
const CONFIDENCE = {
  "name and text": 0.98,
  name: 0.95,
  "name beside text": 0.93,
  "name against text": 0.85,
  "text over name": 0.85,
  text: 0.93,
  noun: 0.85,
  program: 0.85,
  "claim in text": 0.6,
  "later verb": 0.6,
  "loss in text": 0.6,
  "hint agrees": 0.98,
  "hint moves": 0.7,
  "hint overruled": 0.75,
  "hint denies read": 0.6,
  "hint of loss": 0.6,
  none: 0,
} as const;

/** Below this confidence a category is `unknown` in metrics and alerts, unless a setting says otherwise. */
export const MIN_LABEL_CONFIDENCE = 0.7;

/** The share of labels with this evidence that are right, from 0 to 1. */
export function confidenceOf(evidence: Evidence): number {
  return CONFIDENCE[evidence];
}
