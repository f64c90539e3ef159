/** The routes of the policy: what may be said here, its trials and promotions. */
import { answerOf, api } from './client';

const ofPack = (pack_hash: string) => ({ params: { path: { pack_hash } } });

export const policyText = () => answerOf(api.GET('/api/policy'));
export const policyPacks = () => answerOf(api.GET('/api/policy/packs'));
/** Give the house a zipped policy: it is checked and kept, and not in force. */
export const bringPack = (zip: Blob) =>
  answerOf(
    api.POST('/api/policy/packs', {
      body: zip as unknown as string, // its description knows no bytes
      bodySerializer: (bytes) => bytes,
      headers: { 'content-type': 'application/zip' },
    }),
  );
export const tryPack = (pack_hash: string, recorded: boolean) =>
  answerOf(
    api.POST('/api/policy/packs/{pack_hash}/trial', { ...ofPack(pack_hash), body: { recorded } }),
  );
/** The first operator who asks proposes it, the second puts it in force. */
export const promotePack = (pack_hash: string, reason: string) =>
  answerOf(
    api.POST('/api/policy/packs/{pack_hash}/promote', { ...ofPack(pack_hash), body: { reason } }),
  );
export const withdrawPack = (pack_hash: string) =>
  answerOf(api.POST('/api/policy/packs/{pack_hash}/withdraw', ofPack(pack_hash)));
export const rollBackPolicy = (reason: string) =>
  answerOf(api.POST('/api/policy/rollback', { body: { reason } }));
