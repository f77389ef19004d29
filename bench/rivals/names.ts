// The names of the rules, for code that lists them without loading them.
export const rivalNames = [
  ...['ours', 'e1', 'e2', 'e2-1.5', 'kayenta', 'flagger', 'argo', 'sam-alarm', 'alarm-rate', 'alarm-2x', 'z-test'],
  ...['growthbook', 'safe-2x2', 'lindon-malek'],
] as const
