/** Every record of juror: a Zod schema and its type share one name. Records are plain, readonly JSON data. */

export * from './schema/calibration.ts';
export * from './schema/card.ts';
export * from './schema/cascade.ts';
export * from './schema/combination.ts';
export * from './schema/feature.ts';
export * from './schema/guide.ts';
export * from './schema/head.ts';
export * from './schema/implicit.ts';
export * from './schema/judgment.ts';
export * from './schema/preference.ts';
export * from './schema/ranking.ts';
export * from './schema/reward.ts';
export * from './schema/rubric.ts';
export * from './schema/sample.ts';
export * from './schema/self-train.ts';
export * from './schema/suite.ts';
export * from './schema/suite-result.ts';
export * from './schema/verdict.ts';
