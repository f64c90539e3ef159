/** The routes of the safety team's cases: queue, claims, decisions. */
import { answerOf, api } from './client';
import { insist } from './press';
import type { FindingSent, Outcome } from './types';

const ofCase = (case_id: string) => ({ params: { path: { case_id } } });
const ofJob = (job_id: string) => ({ params: { path: { job_id } } });

export const caseQueue = (after: string | null = null) =>
  answerOf(api.GET('/api/cases/queue', { params: { query: after ? { after } : {} } }));
/** Whoever opens a case is counted as having seen it. */
export const openCase = (id: string) => answerOf(api.GET('/api/cases/{case_id}', ofCase(id)));
export const retryEffects = (id: string) =>
  answerOf(api.POST('/api/cases/{case_id}/retry', ofCase(id)));
/** Somebody asked for it, and said why; both are written down. */
export const caseSound = async (id: string, purpose: string): Promise<Blob> => {
  const asked = api.POST('/api/cases/{case_id}/sound', {
    ...ofCase(id),
    body: { purpose },
    parseAs: 'blob',
  });
  return answerOf<Blob>(asked);
};

/** `known`: what is mine as far as the page knows; one claimed besides, whose answer was lost, comes again. */
export const claimNext = (known: string[]) =>
  insist((signal) => answerOf(api.POST('/api/jobs/claim', { body: { known }, signal })));
export const claimJob = (id: string) => answerOf(api.POST('/api/jobs/{job_id}/claim', ofJob(id)));
export const renewJob = (id: string) => answerOf(api.POST('/api/jobs/{job_id}/renew', ofJob(id)));
export const releaseJob = (id: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/release', ofJob(id)));
export const viewFirst = (id: string, outcome: Outcome) =>
  answerOf(api.POST('/api/jobs/{job_id}/first-view', { ...ofJob(id), body: { outcome } }));
/** Whose voice a case without a known voice is about. */
export const nameVoice = (id: string, seat_id: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/voice', { ...ofJob(id), body: { seat_id } }));
export const previewFinding = (id: string, body: FindingSent) =>
  answerOf(api.POST('/api/jobs/{job_id}/preview', { ...ofJob(id), body }));
export const decideJob = (id: string, body: FindingSent) =>
  answerOf(api.POST('/api/jobs/{job_id}/decide', { ...ofJob(id), body }));
/** Without a finding of one's own: one agrees. */
export const approveJob = (id: string, why: string, instead: FindingSent | null) =>
  answerOf(api.POST('/api/jobs/{job_id}/approve', { ...ofJob(id), body: { why, instead } }));
/** Without a finding of one's own: the decision stands. */
export const answerAppeal = (id: string, answer: string, instead: FindingSent | null) =>
  answerOf(api.POST('/api/jobs/{job_id}/answer', { ...ofJob(id), body: { answer, instead } }));
export const lookedAfter = (id: string) => answerOf(api.POST('/api/jobs/{job_id}/done', ofJob(id)));
