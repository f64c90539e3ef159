/** The routes of figures, golden cases and the safety team. */
import { answerOf, api } from './client';
import type { Concern, GoldenSent, Skill } from './types';

const ofCase = (case_id: string) => ({ params: { path: { case_id } } });

export const figuresOfDays = (days: number) =>
  answerOf(api.GET('/api/quality', { params: { query: { days } } }));

export const goldenCases = () => answerOf(api.GET('/api/golden'));
export const markGolden = (case_id: string, body: GoldenSent) =>
  answerOf(api.PUT('/api/golden/{case_id}', { ...ofCase(case_id), body }));
export const endGolden = (case_id: string) =>
  answerOf(api.DELETE('/api/golden/{case_id}', ofCase(case_id)));

export const safetyTeam = () => answerOf(api.GET('/api/reviewers'));
/** Without languages: any. */
export const appointReviewer = (handle: string, languages: string[]) =>
  answerOf(api.POST('/api/reviewers', { body: { handle, languages } }));
/** All that they are trained for, in place of what was said before. */
export const trainReviewer = (handle: string, skills: Skill[]) =>
  answerOf(api.PUT('/api/reviewers/{handle}/skills', { params: { path: { handle } }, body: { skills } }));
export const endReviewer = (handle: string) =>
  answerOf(api.DELETE('/api/reviewers/{handle}', { params: { path: { handle } } }));
/** What is left out stays as it is. */
export const changeMyself = (change: { languages?: string[]; refuses?: Concern[] }) =>
  answerOf(api.PATCH('/api/reviewers/me', { body: change }));
