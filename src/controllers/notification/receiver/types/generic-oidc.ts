import { claimRules } from '../oidc/claim-rules.ts';
import { bearerToken } from '../oidc/token-issuers.ts';
import { unverifiedClaims } from '../oidc/verify-token.ts';
import { CallRefused, header, type ReceiverType } from '../webhook-call.ts';

const defaultAudience = 'notification-controller';

/** Anybody with a token of a trusted issuer whose claims are as the Receiver demands (receiver_oidc.go). */
export const genericOidc: ReceiverType = {
  documentation: 'https://fluxcd.io/flux/components/notification/receivers/#generic-oidc',
  async verify(call, { receiver, issuers, signal }) {
    const token = bearerToken(header(call, 'authorization'));
    const { iss } = unverifiedClaims(token);
    if (typeof iss !== 'string' || iss === '') throw new CallRefused("the token is missing the 'iss' claim");
    const provider = receiver.spec.oidcProviders?.find(({ issuerURL }) => issuerURL === iss);
    if (provider === undefined) throw new CallRefused(`no oidcProvider configured for issuer ${JSON.stringify(iss)}`);
    const claims = await issuers.verify(token, iss, provider.audience || defaultAudience, signal);
    claimRules(provider).check(claims);
    return { about: `a call with a token of ${iss}`, claims };
  },
};
