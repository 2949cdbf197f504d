// A viewer's way through an endless world: chunks come before it sees them, and are told off when it has left them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "morphogen/proto/world.hpp"
#include "morphogen/streams/chunk_assembler.hpp"
#include "morphogen/streams/world_session.hpp"

namespace morphogen {

/// What happens in a world. `WorldOpened` comes first, and again after a reconnection; `Evicted` are chunks to drop;
/// `Settled`: all that the viewer sees has come.
using WorldEvent = std::variant<WorldOpened, Chunk, Evicted, Settled>;

/// Events of a world. Read it from one thread; `move`, `finish` and `cancel` from any.
///
/// A chunk counts as received when `next` is called again, so who cannot keep up gets no more than `credit` chunks
/// ahead.
class WorldStream {
 public:
  WorldStream(std::shared_ptr<Channel> channel, ExploreStart start, Attempts attempts)
      : state_(std::make_unique<State>(std::move(channel), std::move(start), std::move(attempts))) {}

  /// Wait for the next event; nothing at the end, and then `error` says whether that was good or bad.
  std::optional<WorldEvent> next() { return state_->next(); }

  /// Why it ended; nothing while it runs, and if it ended after `finish`.
  const std::optional<Error>& error() const { return state_->error; }

  /// Chunks that have come and not been told off.
  std::vector<HeldChunk> chunks() const { return state_->chunks(); }

  /// The viewer is there now. Call it as often as you like, every frame too: only the newest place is sent.
  void move(const Viewer& viewer) { state_->move(viewer); }

  /// The viewer moves no more: the stream ends when all that it sees has come.
  void finish() { state_->finish(); }

  /// End it at once. Harmless when repeated.
  void cancel() { state_->attempts.cancellation()->cancel(); }

 private:
  struct State {
    State(std::shared_ptr<Channel> by, ExploreStart begin, Attempts tries)
        : channel(std::move(by)), start(std::move(begin)), attempts(std::move(tries)) {
      for (const HeldChunk& each : start.held) {
        held[{each.row, each.column}] = each.vertices;
      }
    }

    std::optional<WorldEvent> next() {
      if (unacknowledged && session) {
        session->received();
      }
      unacknowledged = false;
      while (!ended && !error) {
        auto event = attempt();
        if (event && *event) {
          if (!std::holds_alternative<WorldOpened>(**event)) {
            attempts.progress();
          }
          unacknowledged = std::holds_alternative<Chunk>(**event);
          return std::move(*event);
        }
        auto failure = session ? session->failure() : std::nullopt;
        close();
        if (!event) {
          Error reason = failure ? *failure : event.error();
          if (reason.is(ErrorKind::deadline_exceeded) && reason.reason == "DEADLINE_EXCEEDED" &&
              Clock::now() < attempts.due()) {
            reason.kind = ErrorKind::unavailable;  // a server ends every call some time, and the next one goes on
          }
          error = failure ? failure : attempts.after(reason);
        }
      }
      return std::nullopt;
    }

    Result<std::optional<WorldEvent>> attempt() {
      if (!call) {
        if (auto failure = open()) {
          return std::move(*failure);
        }
      }
      for (;;) {
        auto message = (*call)->read();
        if (!message) {
          return std::move(message.error());
        }
        if (!*message) {
          return end();
        }
        auto event = take(**message);
        if (!event || *event) {
          return event;
        }
      }
    }

    std::optional<Error> open() {
      if (Clock::now() >= attempts.due()) {
        return Error(ErrorKind::deadline_exceeded, "the call's time is up");
      }
      const std::shared_ptr<Cancellation> cancellation = begin_session();
      const bool duplex = channel->duplex();
      ExploreWorldRequest explore;
      WatchWorldRequest watch;
      (duplex ? explore.payload.emplace<ExploreStart>(current_start()) : watch.start.emplace(current_start()));
      auto opened =
          duplex ? channel->open(WorldService::ExploreWorld::path, encoded(explore), Sends::messages, attempts.due())
                 : channel->open(WorldService::WatchWorld::path, encoded(watch), Sends::one_message, attempts.due());
      if (!opened) {
        return std::move(opened.error());
      }
      call.emplace(std::move(*opened), cancellation);
      assembler = ChunkAssembler();
      answered = false;
      return std::nullopt;
    }

    std::shared_ptr<Cancellation> begin_session() {
      const std::lock_guard<std::mutex> lock(mutex);
      session = std::make_shared<WorldSession>(channel, attempts.cancellation());
      if (finishing) {
        session->finish();
      }
      return session->cancellation();
    }

    ExploreStart current_start() {
      ExploreStart current = start;
      current.held = chunks();
      const std::lock_guard<std::mutex> lock(mutex);
      current.viewer = viewer ? viewer : start.viewer;
      return current;
    }

    Result<std::optional<WorldEvent>> end() {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!finishing || !answered || assembler.open()) {
        return Error(ErrorKind::unavailable, "the server ended the stream before its viewer did");
      }
      ended = true;
      return std::optional<WorldEvent>();
    }

    Result<std::optional<WorldEvent>> take(const Bytes& message) {
      // Both calls answer with the same fields.
      auto response = decoded<WatchWorldResponse>(message);
      if (!response) {
        return broken("the server sent a message that cannot be read");
      }
      auto& payload = response->payload;
      if (std::holds_alternative<std::monostate>(payload)) {
        return std::optional<WorldEvent>();  // a message of a later version
      }
      auto* opened = std::get_if<WorldOpened>(&payload);
      auto* part = std::get_if<WorldPart>(&payload);
      if ((opened != nullptr) == answered || (part == nullptr && assembler.open())) {
        return broken("the server sent a message of a world where another one was due");
      }
      if (opened != nullptr) {
        answered = true;
        const std::lock_guard<std::mutex> lock(mutex);
        session->begin(opened->session_id, channel->duplex() ? &**call : nullptr);
        return std::optional<WorldEvent>(std::move(*opened));
      }
      if (part != nullptr) {
        return take_part(std::move(*part));
      }
      if (auto* evicted = std::get_if<Evicted>(&payload)) {
        return take_evicted(std::move(*evicted));
      }
      return take_settled(std::get_if<Settled>(&payload)->chunk_count);
    }

    Result<std::optional<WorldEvent>> take_part(WorldPart piece) {
      auto chunk = assembler.take(std::move(piece));
      if (!chunk) {
        return std::move(chunk.error());
      }
      if (!*chunk) {
        return std::optional<WorldEvent>();
      }
      const std::lock_guard<std::mutex> lock(mutex);
      std::uint32_t& vertices = held[{(*chunk)->row, (*chunk)->column}];
      if (vertices >= (*chunk)->vertices) {
        return broken("a chunk came with " + std::to_string((*chunk)->vertices) + " vertices, and is held with " +
                      std::to_string(vertices));
      }
      (*chunk)->refines = vertices > 0;
      vertices = (*chunk)->vertices;
      return std::optional<WorldEvent>(std::move(**chunk));
    }

    Result<std::optional<WorldEvent>> take_evicted(Evicted evicted) {
      const std::lock_guard<std::mutex> lock(mutex);
      for (const HeldChunk& each : evicted.chunks) {
        const auto found = held.find({each.row, each.column});
        if (found == held.end() || found->second != each.vertices) {
          return broken("a chunk is evicted that is not held");
        }
        held.erase(found);
      }
      return std::optional<WorldEvent>(std::move(evicted));
    }

    Result<std::optional<WorldEvent>> take_settled(std::uint32_t chunk_count) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (chunk_count != held.size()) {
        return broken(std::to_string(held.size()) + " chunks are held, the server counts " +
                      std::to_string(chunk_count));
      }
      return std::optional<WorldEvent>(Settled{chunk_count});
    }

    void close() {
      std::shared_ptr<WorldSession> last;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        last = std::move(session);
      }
      if (last) {
        last->stop();
      }
      call.reset();
    }

    void move(const Viewer& to) {
      const std::lock_guard<std::mutex> lock(mutex);
      viewer = to;
      if (session) {
        session->move(to);
      }
    }

    void finish() {
      const std::lock_guard<std::mutex> lock(mutex);
      finishing = true;
      if (session) {
        session->finish();
      }
    }

    std::vector<HeldChunk> chunks() const {
      const std::lock_guard<std::mutex> lock(mutex);
      std::vector<HeldChunk> all;
      for (const auto& [place, vertices] : held) {
        all.push_back({place.first, place.second, vertices});
      }
      return all;
    }

    ~State() { close(); }

    std::shared_ptr<Channel> channel;
    const ExploreStart start;
    Attempts attempts;
    std::optional<WatchedCall> call;
    std::optional<Error> error;
    ChunkAssembler assembler;
    bool answered = false;
    bool ended = false;
    bool unacknowledged = false;

    mutable std::mutex mutex;  // what follows is other threads' too
    std::shared_ptr<WorldSession> session;
    std::optional<Viewer> viewer;
    bool finishing = false;
    std::map<std::pair<std::int32_t, std::int32_t>, std::uint32_t> held;
  };

  std::unique_ptr<State> state_;
};

}  // namespace morphogen
