/** The routes of reports, statements of reasons and appeals. */
import { answerOf, api, Failure } from './client';
import type { NewReport } from './types';

export const report = (room_id: string, body: NewReport) =>
  answerOf(api.POST('/api/rooms/{room_id}/reports', { params: { path: { room_id } }, body }));
export const reportOf = (receipt: string) =>
  answerOf(api.GET('/api/reports/{receipt}', { params: { path: { receipt } } }));
/** Whoever is shut out of the house is told of decisions about them, and of their reports no more. */
export const ownReports = () =>
  answerOf(api.GET('/api/me/reports')).catch((failure: unknown) => {
    if (failure instanceof Failure && failure.code === 'shut_out') return [];
    throw failure;
  });
export const appealReport = (receipt: string, text: string) =>
  answerOf(
    api.POST('/api/reports/{receipt}/appeal', { params: { path: { receipt } }, body: { text } }),
  );

export const ownStatements = () => answerOf(api.GET('/api/me/statements'));
export const readStatement = (statement_id: string) =>
  answerOf(
    api.POST('/api/statements/{statement_id}/read', { params: { path: { statement_id } } }),
  );
export const ownDecisions = () => answerOf(api.GET('/api/me/decisions'));
export const appealDecision = (decision_id: string, text: string) =>
  answerOf(
    api.POST('/api/decisions/{decision_id}/appeal', {
      params: { path: { decision_id } },
      body: { text },
    }),
  );
