/* The C ABI between the broker and an in-process plugin, version 4.0. Compiles as C11 and as C++.
 */
#ifndef NIP_PLUGIN_H
#define NIP_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/*
 * How it fits together
 *
 *   nip_plugin_entry_v4 ──► factory ──► plugin        (what the library offers)
 *                              host ◄──────┘          (what the broker offers)
 *
 * Growth.    Each table starts with `struct_size`, set by whoever filled it, and only ever grows at
 * its end. A field exists when its offset and size fit into `struct_size`: NIP_HAS(). A function
 *            exists when its field does and is not null. Arrays of growing structs are arrays of
 * pointers. Ownership. nip_view: borrowed, valid until the call that carried it returns. nip_sink:
 * the caller's writer, valid as long. nip_owned: the receiver's, who calls its release. No
 * allocator crosses. Threads.   [loader]     the thread that loads libraries; one call at a time in
 * the process [worker]     one call at a time an instance, on whatever thread the broker runs it
 *            [any-thread] at any time from any thread
 * Failure.   Never a bare code: text goes through set_error() or the error sink of a result.
 * Nothing may be thrown across. Text       is UTF-8 without a terminating zero, except where a
 * parameter is a `const char*`.
 */

#define NIP_ABI_MAJOR 4u
#define NIP_ABI_MINOR 0u
#define NIP_ENTRY_SYMBOL "nip_plugin_entry_v4"

#if defined(__GNUC__)
#define NIP_EXPORT __attribute__((visibility("default")))
#else
#define NIP_EXPORT
#endif

#define NIP_FIELD_END(type, field) (offsetof(type, field) + sizeof(((type*)0)->field))
/* True when `table` (a pointer to `type`) was filled by somebody who knew `field`. */
#define NIP_HAS(type, table, field) ((table)->struct_size >= NIP_FIELD_END(type, field))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- values ---------------------------------------------------------------------------------- */

/* nip_result.status and nip_completion.status */
#define NIP_DONE 0
#define NIP_TRANSIENT 1 /* failed; worth a retry */
#define NIP_PERMANENT 2 /* failed; the same message will fail again */
#define NIP_PENDING 3   /* only from handle: exactly one complete() follows */

/* What functions return: zero or one of these. */
#define NIP_OK 0
#define NIP_E_FAILED (-1)        /* the reason went to set_error() */
#define NIP_E_UNSUPPORTED (-2)   /* this host or plugin has no such thing */
#define NIP_E_INVALID (-3)       /* an argument is not allowed */
#define NIP_E_UNKNOWN_TOKEN (-4) /* not open: never was, completed before, or cancelled */
#define NIP_E_BUSY (-5)          /* a bound is reached; try again later */
#define NIP_E_TOO_LARGE (-6)     /* over a size limit */

/* nip_descriptor.execution */
#define NIP_INLINE 0u /* on the broker's loop: must not block; fastest */
#define NIP_POOL 1u   /* on a thread of its own: may block */
/* nip_descriptor.instances */
#define NIP_PER_SHARD 0u /* one plugin object for each loop */
#define NIP_SINGLE 1u    /* one for the whole process */
/* nip_descriptor.flags */
#define NIP_IDEMPOTENT 1u /* handling the same delivery twice has the effect of once */

#define NIP_LOG_TRACE 0u
#define NIP_LOG_DEBUG 1u
#define NIP_LOG_INFO 2u
#define NIP_LOG_WARN 3u
#define NIP_LOG_ERROR 4u

#define NIP_HEALTHY 0u
#define NIP_DEGRADED 1u
#define NIP_UNHEALTHY 2u

#define NIP_PRIORITY_LOW 0u
#define NIP_PRIORITY_NORMAL 1u
#define NIP_PRIORITY_HIGH 2u
#define NIP_PRIORITY_CRITICAL 3u

/* nip_emission.level: how safe the message must be before published() says so */
#define NIP_ACK_MEMORY 0u
#define NIP_ACK_BUFFERED 1u
#define NIP_ACK_FSYNC 2u
#define NIP_ACK_REPLICATED 3u

#define NIP_CLOCK_MONOTONIC 0u /* of deadlines */
#define NIP_CLOCK_WALL 1u      /* since 1970-01-01T00:00:00Z */

#define NIP_METRIC_COUNTER 0u   /* `value` is added */
#define NIP_METRIC_GAUGE 1u     /* `value` is the new value */
#define NIP_METRIC_HISTOGRAM 2u /* `value` is one observation */

#define NIP_NO_DEADLINE INT64_MAX

typedef struct nip_view {
  const char* data; /* may be null when size is 0 */
  uint64_t size;
} nip_view;

typedef struct nip_sink {
  uint32_t struct_size;
  uint32_t reserved;
  void* context;
  /* Appends. Never fails; what is too much is cut and reported by the host. */
  void (*write)(void* context, const void* data, uint64_t size);
} nip_sink;

typedef struct nip_owned {
  const void* data;
  uint64_t size;
  void* context;
  void (*release)(void* context); /* null: nothing to release */
} nip_owned;

/* ---- a message and its delivery ----------------------------------------------------------------
 */

/* Absent text is a view of size 0. Views are valid until handle returns; while the delivery is
 * PENDING; and between retain() and release(), where a copy of this struct keeps them. */
typedef struct nip_message {
  uint32_t struct_size;
  uint32_t priority;
  nip_view json; /* the whole envelope */
  nip_view id;
  nip_view type;
  nip_view timestamp; /* RFC 3339 */
  nip_view source;
  nip_view correlation_id;
  nip_view data;     /* raw JSON */
  nip_view metadata; /* raw JSON object */
  nip_view ordering_key;
  nip_view traceparent;
  nip_view idempotency_key;
  nip_view topic;
  nip_view reply_to;
  nip_view causation_id;
  int64_t accepted_at_ns; /* wall clock */
  uint32_t tenant;
  uint32_t retry_count; /* as the envelope says */
  uint32_t hops;
  uint32_t reserved;
  const void* opaque; /* the host's, for retain() and release() */
} nip_message;

/* (seq, rule, slot) is the delivery id: the same on every attempt, also after a restart. */
typedef struct nip_delivery {
  uint32_t struct_size;
  uint16_t slot;
  uint16_t attempt; /* from 1 */
  uint64_t token;   /* for complete(); of this attempt only */
  uint64_t seq;
  int64_t deadline_ns; /* NIP_CLOCK_MONOTONIC, or NIP_NO_DEADLINE */
  nip_view rule;
  const nip_message* message;
} nip_delivery;

/* What handle() answers for one delivery. `status` arrives as -1 and must be set. */
typedef struct nip_result {
  uint32_t struct_size;
  int32_t status;
  int64_t retry_after_ns; /* a hint for NIP_TRANSIENT; 0: none */
  const nip_sink* reply;  /* one envelope as JSON; null when nobody waits for a reply */
  const nip_sink* error;  /* why it failed */
} nip_result;

/* The same for complete(). */
typedef struct nip_completion {
  uint32_t struct_size;
  int32_t status;
  int64_t retry_after_ns;
  nip_view reply;
  nip_view error;
} nip_completion;

/* A message that the plugin emits. */
typedef struct nip_emission {
  uint32_t struct_size;
  uint32_t level;
  uint64_t token;           /* the plugin's own; comes back in published() */
  nip_view envelope;        /* JSON; id, timestamp and source are filled in when absent */
  const nip_message* cause; /* valid or retained; null for a source */
} nip_emission;

typedef struct nip_metric {
  uint32_t struct_size;
  uint32_t kind;
  nip_view name;  /* [a-z0-9_]; the broker adds its prefix and the plugin's name */
  nip_view label; /* name of one label, or empty */
  nip_view label_value;
  double value;
} nip_metric;

typedef struct nip_health {
  uint32_t struct_size;
  uint32_t state; /* arrives as NIP_HEALTHY */
  const nip_sink* reason;
} nip_health;

typedef struct nip_usage {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t memory_bytes;
  uint64_t handles_open; /* files, sockets, connections */
} nip_usage;

/* ---- what the broker offers ---------------------------------------------------------------------
 */

/* Valid from create() until destroy() returns. Every function [any-thread] unless it says
 * otherwise. */
typedef struct nip_host nip_host;
struct nip_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* context; /* the host's */
  /* Lines over 4 KiB are cut; more than 200 a second are dropped and counted. */
  void (*log)(const nip_host* host, uint32_t level, nip_view text);
  int64_t (*now)(const nip_host* host, uint32_t clock);
  /* The answer comes through plugin.published(), unless this refuses: INVALID, BUSY, TOO_LARGE. */
  int32_t (*publish)(const nip_host* host, const nip_emission* emission);
  /* Ends a PENDING delivery, once, also before handle has returned. UNKNOWN_TOKEN: it is not open
   * (any more); nothing happened. */
  int32_t (*complete)(const nip_host* host, uint64_t token, const nip_completion* completion);
  /* [worker] Why create, configure or start is about to fail. */
  void (*set_error)(const nip_host* host, nip_view text);
  /* Answered through plugin.state_done(). UNSUPPORTED: this broker has no state for plugins. */
  int32_t (*state_get)(const nip_host* host, uint64_t token, nip_view key);
  /* ttl_ns 0: until it is overwritten. */
  int32_t (*state_put)(const nip_host* host, uint64_t token, nip_view key, nip_view value,
                       int64_t ttl_ns);
  int32_t (*metric)(const nip_host* host, const nip_metric* metric);
  /* A table named by `id`, or null. */
  const void* (*extension)(const nip_host* host, const char* id);
  /* Keeps a message's bytes past the call; each retain needs one release before destroy() returns.
   */
  void (*retain)(const nip_host* host, const nip_message* message);
  void (*release)(const nip_host* host, const nip_message* message);
};

/* ---- what the library offers --------------------------------------------------------------------
 */

/* Constant; valid while the library is loaded. */
typedef struct nip_descriptor {
  uint32_t struct_size;
  uint32_t execution;
  uint32_t instances;
  uint32_t flags;
  uint32_t batch_max;     /* most deliveries in one handle; 0: 256 */
  uint32_t in_flight_max; /* most deliveries open at once; 0: 1024 */
  nip_view name;          /* [a-z0-9_-], 1 to 64 */
  nip_view version;       /* semantic version */
  nip_view description;
  nip_view config_schema; /* JSON Schema of the config; empty accepts anything */
  nip_view manifest;      /* JSON object: what it needs and declares; may be empty */
  double cost;            /* price of one message in the operator's unit */
} nip_descriptor;

typedef struct nip_plugin nip_plugin;
struct nip_plugin {
  uint32_t struct_size;
  uint32_t reserved;
  void* context; /* the plugin's */
  /* [worker] Once, before start: the config as a JSON object, already valid against the schema. */
  int32_t (*configure)(const nip_plugin* plugin, nip_view config);
  /* [worker] Last call before deliveries come. */
  int32_t (*start)(const nip_plugin* plugin);
  /* [worker] Sets results[i].status for deliveries[i]. Required. */
  void (*handle)(const nip_plugin* plugin, const nip_delivery* const* deliveries,
                 nip_result* const* results, uint64_t count);
  /* [worker] */
  void (*health)(const nip_plugin* plugin, nip_health* health);
  /* [worker] */
  void (*usage)(const nip_plugin* plugin, nip_usage* usage);
  /* [worker] No delivery comes any more. Threads of the plugin have ended when it returns; what it
   * leaves PENDING is retried elsewhere. */
  void (*stop)(const nip_plugin* plugin);
  /* [worker] Last call; also after a failed configure or start. Required. */
  void (*destroy)(const nip_plugin* plugin);
  /* [any-thread] A table named by `id`, or null. */
  const void* (*extension)(const nip_plugin* plugin, const char* id);
  /* [any-thread] Nobody waits for this PENDING delivery any more. Not after stop() was called. */
  void (*cancel)(const nip_plugin* plugin, uint64_t token);
  /* [worker] An emission reached its level (NIP_OK), or did not (NIP_E_*, with the reason). */
  void (*published)(const nip_plugin* plugin, uint64_t token, int32_t status, nip_view error);
  /* [worker] Answer of state_get and state_put. `value` is the plugin's to release. */
  void (*state_done)(const nip_plugin* plugin, uint64_t token, int32_t status,
                     const nip_owned* value);
};

typedef struct nip_factory {
  uint32_t struct_size;
  uint32_t reserved;
  /* [loader] How many plugins the library holds. */
  uint32_t (*count)(void);
  /* [loader] */
  const nip_descriptor* (*describe)(uint32_t index);
  /* [any-thread] A new plugin, or null after host->set_error(). */
  const nip_plugin* (*create)(uint32_t index, const nip_host* host);
} nip_factory;

/* The one symbol that a library exports: `const nip_entry nip_plugin_entry_v4`. The first four
 * fields are read before anything is called. */
typedef struct nip_entry {
  uint32_t struct_size;
  uint32_t abi_major;          /* NIP_ABI_MAJOR of the headers it was built with */
  uint32_t abi_minor_required; /* lowest minor of a host that will do */
  uint32_t reserved;
  int32_t (*init)(void);               /* [loader] may be null */
  void (*deinit)(void);                /* [loader] may be null; the last instance is gone */
  const nip_factory* (*factory)(void); /* [loader] */
} nip_entry;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* NIP_PLUGIN_H */
