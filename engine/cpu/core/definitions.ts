// All of the services' definitions in one module.
import type { ModuleBuilder } from '../wasm/module.ts';
import { defineDecodeLine } from '../interpreter/decode-line.ts';
import { defineAccess } from './access.ts';
import { defineExceptions } from './exceptions.ts';
import { defineFetch } from './fetch.ts';
import { defineLazyFlags } from './lazy-flags.ts';
import type { CodeLayout } from './layout.ts';
import type { HostCalls, ServiceContext, Services } from './services.ts';
import { DEFINED } from './services.ts';
import { defineAddressTranslation, defineTranslation } from './translation.ts';

/** Declares and defines all services. */
export function defineServices(module: ModuleBuilder, host: HostCalls, area: CodeLayout): Services {
  const declared = Object.entries(DEFINED).map(([name, [params, results]]) => [
    name,
    module.declare(name, params, results),
  ]);
  const services = { ...host, ...(Object.fromEntries(declared) as object) } as Services;
  const context: ServiceContext = { module, area, services };
  defineExceptions(context);
  defineTranslation(context);
  defineAddressTranslation(context);
  defineAccess(context);
  defineFetch(context);
  defineLazyFlags(context);
  defineDecodeLine(context);
  return services;
}
