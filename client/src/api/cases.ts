/** The routes of the safety team's cases: queue, claims, decisions. */
import { answerOf, api } from './client';
import { insist } from './press';
import type { AnswerSent, ApprovalSent, FindingSent, Outcome, SoundAsked } from './types';

const ofCase = (case_id: string) => ({ params: { path: { case_id } } });
const ofJob = (job_id: string) => ({ params: { path: { job_id } } });

export const caseQueue = (after: string | null = null) =>
  answerOf(api.GET('/api/cases/queue', { params: { query: after ? { after } : {} } }));
/** Whoever opens a case is counted as having seen it. */
export const openCase = (id: string) => answerOf(api.GET('/api/cases/{case_id}', ofCase(id)));
export const retryEffects = (id: string) =>
  answerOf(api.POST('/api/cases/{case_id}/retry', ofCase(id)));
/** One voice of one piece. Somebody asked for it, and said why; both are written down. */
export async function caseSound(id: string, body: SoundAsked): Promise<{ sound: Blob; voices: string[] }> {
  const asked = api.POST('/api/cases/{case_id}/sound', { ...ofCase(id), body, parseAs: 'blob' });
  const sound = await answerOf<Blob>(asked);
  const { response } = await asked;
  return { sound, voices: (response.headers.get('x-voices') ?? '').split(',') };
}

/** `known`: what is mine as far as the page knows; one claimed besides, whose answer was lost, comes again. */
export const claimNext = (known: string[]) =>
  insist((signal) => answerOf(api.POST('/api/jobs/claim', { body: { known }, signal })));
export const claimJob = (id: string) => answerOf(api.POST('/api/jobs/{job_id}/claim', ofJob(id)));
export const renewJob = (id: string) => answerOf(api.POST('/api/jobs/{job_id}/renew', ofJob(id)));
export const releaseJob = (id: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/release', ofJob(id)));
/** `revision`: the case as it was read; what joined it since is refused, and to be read first. */
export const viewFirst = (id: string, outcome: Outcome, revision: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/first-view', { ...ofJob(id), body: { outcome, revision } }));
/** Whose voice a case without a known voice is about. */
export const nameVoice = (id: string, seat_id: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/voice', { ...ofJob(id), body: { seat_id } }));
export const previewFinding = (id: string, body: FindingSent) =>
  answerOf(api.POST('/api/jobs/{job_id}/preview', { ...ofJob(id), body }));
export const decideJob = (id: string, finding: FindingSent, revision: string) =>
  answerOf(api.POST('/api/jobs/{job_id}/decide', { ...ofJob(id), body: { ...finding, revision } }));
/** Without a finding of one's own: one agrees. */
export const approveJob = (id: string, body: ApprovalSent) =>
  answerOf(api.POST('/api/jobs/{job_id}/approve', { ...ofJob(id), body }));
/** Without a finding of one's own: the decision stands. */
export const answerAppeal = (id: string, body: AnswerSent) =>
  answerOf(api.POST('/api/jobs/{job_id}/answer', { ...ofJob(id), body }));
/** `by_hand`: what an operator did where trying again does not help; else nothing may have failed. */
export const lookedAfter = (id: string, by_hand = '') =>
  answerOf(api.POST('/api/jobs/{job_id}/done', { ...ofJob(id), body: { by_hand } }));
