// A real OpenID provider for the tests (the certified package oidc-provider) with people who sign in
// by their address and any password. Arguments: port, redirect URI, client id, client secret.
import { Provider } from "oidc-provider";

const [port, redirectUri, clientId, clientSecret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

// The local part says what the provider knows: "unverified.tess@..." has not proved the address.
const account = (address) => ({
  accountId: address,
  claims: () => ({
    sub: address,
    email: address.replace(/^unverified\./, ""),
    email_verified: !address.startsWith("unverified."),
    name: "Tess from work",
  }),
});

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  findAccount: (_context, address) => account(address),
});

provider.listen(Number(port), "127.0.0.1");
