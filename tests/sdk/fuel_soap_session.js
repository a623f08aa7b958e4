// Drives the npm client fuel-soap, unmodified: a session of its own process, told by JSON. See fuel_sdk_session.py.
'use strict';

const { promisify } = require('util');
const FuelSoap = require('fuel-soap');

const [url, clientId, clientSecret, callback] = process.argv.slice(2);
const client = new FuelSoap({
  auth: { clientId, clientSecret, authUrl: `${url}/v2/token`, authOptions: { authVersion: 2, accountId: 7001 } },
  soapEndpoint: `${url}/Service.asmx`,
});
const say = (step) => console.log(JSON.stringify(step));
const heard = () => new Promise((resolve) => process.stdin.once('data', resolve));
const create = promisify(client.create).bind(client);
const retrieve = promisify(client.retrieve).bind(client);
const update = promisify(client.update).bind(client);
const perform = promisify(client.perform).bind(client);

(async () => {
  const options = {
    RequestType: 'Asynchronous',
    SendResponseTo: { ResponseType: 'HTTPPost', ResponseAddress: callback, RespondWhen: 'OnCallComplete', IncludeResults: true },
  };
  const made = await create('Subscriber', { EmailAddress: 'node@example.com' }, options);
  say({ status: made.res.statusCode, overall: made.body.OverallStatus, request: made.body.RequestID });
  await heard();
  const filter = { leftOperand: 'RequestID', operator: 'equals', rightOperand: made.body.RequestID };
  const found = await retrieve('ResultMessage', ['RequestID', 'OverallStatusCode'], { filter });
  say({
    status: found.res.statusCode,
    good: found.body.OverallStatus === 'OK',
    messages: found.body.Results.map((row) => [row.RequestID, row.OverallStatusCode]),
  });
  const changed = await update('Subscriber', { EmailAddress: 'node@example.com', Status: 'Held' }, {});
  say({ patched: changed.body.OverallStatus === 'OK' });
  const byEmail = { leftOperand: 'EmailAddress', operator: 'equals', rightOperand: 'node@example.com' };
  const rows = await retrieve('Subscriber', ['EmailAddress', 'Status'], { filter: byEmail });
  say({ subscribers: rows.body.Results.map((row) => row.EmailAddress) });
  const wrong = await create('List', { Description: 'no name' }, {}).catch((error) => error);
  say({ status: 200, overall: wrong.message, code: wrong.results[0].ErrorCode });
  const started = await perform('QueryDefinition', { CustomerKey: 'q' });
  say({ performed: started.body.OverallStatus });
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
