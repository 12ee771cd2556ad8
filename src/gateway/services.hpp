// What the sessions of one shard share.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "broker/administration.hpp"
#include "broker/client.hpp"
#include "gateway/counters.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/http/response_writer.hpp"
#include "gateway/inflater.hpp"
#include "gateway/options.hpp"
#include "gateway/outbox.hpp"
#include "gateway/stage.hpp"
#include "gateway/turn_clock.hpp"
#include "gateway/ws/codec.hpp"
#include "gateway/ws/event_items.hpp"
#include "gateway/ws/operation.hpp"
#include "message/cloudevents.hpp"
#include "message/principal.hpp"

namespace nip::gateway {

namespace resources {
class route_table;
}

/// Takes answers that come after their handler returned. On the shard's thread.
class answer_desk {
 public:
  virtual ~answer_desk() = default;
  /// An answer for a session that is gone falls away.
  virtual void answer(const broker::caller& to, http::answer what) = 0;
};

/// One a shard, owned by its session_table; outlives every session. Everything on the shard's
/// thread.
struct services {
  services(const options& gateway_settings, broker::shard_port& broker_port,
           broker::administration& broker_admin, unsigned shard_number,
           const resources::route_table& route_table, counters& shard_counts, stage_chain chain,
           const clock_source& clock, boost::asio::io_context& loop)
      : settings(gateway_settings),
        port(broker_port),
        admin(broker_admin),
        shard(shard_number),
        routes(route_table),
        counts(shard_counts),
        stages(std::move(chain)),
        time(clock),
        reader(gateway_settings.bounds),
        writer(gateway_settings, time),
        codecs(loop, gateway_settings.bounds.ws_message_bytes_max),
        operations(gateway_settings.bounds.ws_message_bytes_max) {}

  const options& settings;
  broker::shard_port& port;
  broker::administration& admin;
  unsigned shard;
  const resources::route_table& routes;
  counters& counts;
  stage_chain stages;
  turn_clock time;
  buffer_shelf shelf;
  http::exchange_pool exchanges;
  http::request_reader reader;
  http::request request;  ///< the one being handled
  http::response_writer writer;
  ws::codec_pool codecs;
  ws::operation_parser operations;
  ws::event_items events;
  inflater bodies{inflater::form::gzip};       ///< of requests with a Content-Encoding
  inflater messages{inflater::form::message};  ///< of WebSockets with permessage-deflate
  std::string scratch;                         ///< text of the frame being made
  std::string openapi;                         ///< made when first asked for
  message::cloudevents_reader events_in;
  message::cloudevents_writer events_out;
  message::principal who;  ///< everybody, until there is authentication
  std::weak_ptr<answer_desk> desk;
};

}  // namespace nip::gateway
