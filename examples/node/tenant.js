// A pg pool whose connections belong to the tenant of the context.
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import pg from 'pg';

// These two are from contract.md. Parameters are bound: SET takes none, and pasted text is an injection.
const SET_TENANT = "SELECT pg_catalog.set_config('app.tenant_id', $1, false)";
// DISCARD ALL without its DEALLOCATE: pg keeps named prepared statements.
const CLEAN =
  'CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; ' +
  'SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES';

export class NoTenant extends Error {}
export class SelfTestFailed extends Error {}

const context = new AsyncLocalStorage();

/** Within `work`, rows are those of this tenant. */
export const withTenant = (tenant, work) => context.run(tenant, work);

/** The rollout flag: DATABASE_ROLE=app_rollout goes back to the role that sees every tenant. */
export function role() {
  const name = process.env.DATABASE_ROLE ?? 'app';
  if (name !== 'app' && name !== 'app_rollout') {
    throw new Error(`DATABASE_ROLE: expected app or app_rollout, found ${name}`);
  }
  return name;
}

export class TenantPool {
  #pool;
  #requireTenant;

  constructor(pool, requireTenant) {
    this.#pool = pool;
    this.#requireTenant = requireTenant;
  }

  /** The server's place is read from PGHOST, PGDATABASE and their like. */
  static async open(contract, { requireTenant = true, ...options } = {}) {
    await selfTest(contract);
    const pool = new pg.Pool({ ...options, user: role() });
    // An idle connection that the server closes would otherwise end the program.
    pool.on('error', (error) => console.error(error.message));
    return new TenantPool(pool, requireTenant);
  }

  /** Calls `work` with a connection of the tenant of the context. */
  async connection(work) {
    const tenant = context.getStore();
    if (!tenant && this.#requireTenant) throw new NoTenant('no tenant in this context');
    const client = await this.#pool.connect();
    try {
      // Empty, which sees no row, where there is no tenant and none is required.
      await client.query(SET_TENANT, [tenant ?? '']);
      return await work(client);
    } finally {
      // With an error, release closes the connection instead of giving it to the next.
      await clean(client).then(
        () => client.release(),
        (error) => client.release(error),
      );
    }
  }

  query(text, values) {
    return this.connection((client) => client.query(text, values));
  }

  end() {
    return this.#pool.end();
  }
}

async function clean(client) {
  if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
  await client.query(CLEAN);
}

async function selfTest(contract) {
  const { roles } = JSON.parse(await readFile(contract, 'utf8'));
  const query = roles.find((entry) => entry.name === role())?.self_test;
  if (!query) throw new SelfTestFailed(`${contract}: no self-test for role ${role()}`);
  const client = new pg.Client({ user: role() });
  await client.connect();
  try {
    const [found] = (await client.query(query)).rows;
    if (found) throw new SelfTestFailed(`self-test: ${found.problem} (${found.detail})`);
  } finally {
    await client.end();
  }
}
