// libthosttraderapi_se.so: the trading API over a Link, as far as a data gateway goes: no orders.
#include "ThostFtdcTraderApi.h"
#include "api.h"

namespace {

constexpr int kTooManyUnanswered = -2;
constexpr int kTooManyPerSecond = -3;

CThostFtdcInstrumentField instrument_of(const wire::Instrument& from) {
  CThostFtdcInstrumentField to{};
  copy_text(to.InstrumentID, from.instrument);
  copy_text(to.ExchangeInstID, from.instrument);
  copy_text(to.ExchangeID, from.exchange);
  copy_text(to.InstrumentName, from.name);
  copy_text(to.ProductID, from.product);
  copy_text(to.UnderlyingInstrID, from.underlying);
  copy_text(to.CreateDate, from.open_day);
  copy_text(to.OpenDate, from.open_day);
  copy_text(to.ExpireDate, from.expire_day);
  to.ProductClass = from.product_class;
  to.OptionsType = from.option_type;
  to.DeliveryYear = from.year;
  to.DeliveryMonth = from.month;
  to.VolumeMultiple = from.multiplier;
  to.MinLimitOrderVolume = to.MinMarketOrderVolume = from.min_volume;
  to.MaxLimitOrderVolume = to.MaxMarketOrderVolume = from.max_volume;
  to.PriceTick = from.price_tick;
  to.StrikePrice = from.strike;
  to.UnderlyingMultiple = 1;
  to.IsTrading = 1;
  to.InstLifePhase = THOST_FTDC_IP_Started;
  to.PositionType = THOST_FTDC_PT_Gross;
  return to;
}

// The two limits that the vendor's library itself holds: one query in flight, so many a second.
class QueryPace {
 public:
  void open(int per_second) {
    const std::lock_guard<std::mutex> lock(mutex_);
    per_second_ = per_second;
    in_flight_ = false;
    sent_ = 0;
  }

  int take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (in_flight_) return kTooManyUnanswered;
    const auto now = std::chrono::steady_clock::now();
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      sent_ = 0;
    }
    if (per_second_ > 0 && sent_ >= per_second_) return kTooManyPerSecond;
    ++sent_;
    in_flight_ = true;
    return 0;
  }

  void answered() {
    const std::lock_guard<std::mutex> lock(mutex_);
    in_flight_ = false;
  }

 private:
  std::mutex mutex_;
  int per_second_ = 1;
  int sent_ = 0;
  bool in_flight_ = false;
  std::chrono::steady_clock::time_point second_{};
};

struct Core final : CoreLife, Link::Listener {
  std::atomic<CThostFtdcTraderSpi*> spi{nullptr};
  std::atomic<int> public_resume{-1};
  TradingDay day;
  QueryPace pace;
  Link link{'t', *this};

  void connected(const wire::Welcome& welcome) override {
    pace.open(welcome.queries_per_second);
    if (auto* to = spi.load()) to->OnFrontConnected();
  }

  void disconnected(int reason) override {
    if (auto* to = spi.load()) to->OnFrontDisconnected(reason);
  }

  bool frame(const wire::Header& header, const char* body) override {
    switch (header.kind) {
      case wire::kAuthenticated: return authenticated(header, body);
      case wire::kLoggedIn: return logged_in(header, body);
      case wire::kLoggedOut: return logged_out(header, body);
      case wire::kConfirmed: return confirmed(header, body);
      case wire::kInstruments: return instruments(header, body);
      case wire::kAccount: return account(header, body);
      case wire::kPositions: return positions(header, body);
      case wire::kStatus: return status(header, body);
      case wire::kError: return error(header, body);
      case wire::kHeartbeat: return true;
      case wire::kDisconnect: return true;
      default: return false;
    }
  }

 private:
  // Who logged in; answers of queries carry it. Only the link's thread touches it.
  wire::Reply owner_{};

  bool authenticated(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    CThostFtdcRspAuthenticateField data{};
    copy_text(data.BrokerID, record.broker);
    copy_text(data.UserID, record.user);
    auto info = info_of(record);
    if (auto* to = spi.load()) to->OnRspAuthenticate(&data, &info, record.request, true);
    return true;
  }

  bool logged_in(const wire::Header& header, const char* body) {
    wire::LoginReply record;
    if (!read_record(header, body, record)) return false;
    if (record.reply.error_id == 0) {
      day.set(record.trading_day);
      owner_ = record.reply;
    }
    auto data = login_of(record);
    auto info = info_of(record.reply);
    if (auto* to = spi.load()) to->OnRspUserLogin(&data, &info, record.reply.request, true);
    return true;
  }

  bool logged_out(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    CThostFtdcUserLogoutField data{};
    copy_text(data.BrokerID, record.broker);
    copy_text(data.UserID, record.user);
    auto info = info_of(record);
    if (auto* to = spi.load()) to->OnRspUserLogout(&data, &info, record.request, true);
    return true;
  }

  bool confirmed(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    CThostFtdcSettlementInfoConfirmField data{};
    copy_text(data.BrokerID, record.broker);
    copy_text(data.InvestorID, record.user);
    std::strncpy(data.ConfirmDate, day.get(), sizeof data.ConfirmDate - 1);
    auto info = info_of(record);
    if (auto* to = spi.load()) to->OnRspSettlementInfoConfirm(&data, &info, record.request, true);
    return true;
  }

  bool instruments(const wire::Header& header, const char* body) {
    int32_t request;
    if (!read_record(header, body, request)) return false;
    if ((header.length - sizeof request) % sizeof(wire::Instrument) != 0) return false;
    const char* at = body + sizeof request;
    const char* end = body + header.length;
    if (header.last) pace.answered();  // before the last callback: the caller may ask again from inside it
    auto* to = spi.load();
    if (!to) return true;
    CThostFtdcRspInfoField info{};
    if (at == end && header.last) to->OnRspQryInstrument(nullptr, &info, request, true);
    for (; at < end; at += sizeof(wire::Instrument)) {
      wire::Instrument record;
      std::memcpy(&record, at, sizeof record);
      auto data = instrument_of(record);
      to->OnRspQryInstrument(&data, &info, request, header.last && at + sizeof record == end);
    }
    return true;
  }

  bool account(const wire::Header& header, const char* body) {
    struct { int32_t request; char record[sizeof(wire::Account)]; } answer;
    static_assert(sizeof answer == sizeof(int32_t) + sizeof(wire::Account));
    if (!read_record(header, body, answer)) return false;
    wire::Account record;
    std::memcpy(&record, answer.record, sizeof record);
    CThostFtdcTradingAccountField data{};
    copy_text(data.BrokerID, owner_.broker);
    copy_text(data.AccountID, owner_.user);
    std::strncpy(data.TradingDay, day.get(), sizeof data.TradingDay - 1);
    std::strcpy(data.CurrencyID, "CNY");
    data.PreBalance = data.Balance = record.balance;
    data.Available = record.available;
    CThostFtdcRspInfoField info{};
    pace.answered();
    if (auto* to = spi.load()) to->OnRspQryTradingAccount(&data, &info, answer.request, true);
    return true;
  }

  bool positions(const wire::Header& header, const char* body) {
    int32_t request;
    if (!read_record(header, body, request)) return false;
    CThostFtdcRspInfoField info{};
    pace.answered();
    if (auto* to = spi.load()) to->OnRspQryInvestorPosition(nullptr, &info, request, true);
    return true;
  }

  bool status(const wire::Header& header, const char* body) {
    if (header.length % sizeof(wire::Status) != 0) return false;
    for (const char* end = body + header.length; body < end; body += sizeof(wire::Status)) {
      wire::Status record;
      std::memcpy(&record, body, sizeof record);
      CThostFtdcInstrumentStatusField data{};
      copy_text(data.ExchangeID, record.exchange);
      copy_text(data.InstrumentID, record.product);
      copy_text(data.ExchangeInstID, record.product);
      copy_text(data.EnterTime, record.enter_time);
      data.InstrumentStatus = record.status;
      data.TradingSegmentSN = record.segment;
      data.EnterReason = THOST_FTDC_IER_Automatic;
      if (auto* to = spi.load()) to->OnRtnInstrumentStatus(&data);
    }
    return true;
  }

  bool error(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    auto info = info_of(record);
    pace.answered();
    if (auto* to = spi.load()) to->OnRspError(&info, record.request, true);
    return true;
  }
};

class TraderApi final : public CThostFtdcTraderApi {
 public:
  TraderApi() : core_(std::make_shared<Core>()), worker_(core_) {}

  void Release() override {
    worker_.stop();
    delete this;
  }
  void Init() override {
    guarded([this] { return worker_.start(), true; });
  }
  int Join() override { return worker_.wait(); }
  const char* GetTradingDay() override { return core_->day.get(); }
  void RegisterFront(char* address) override {
    guarded([&] { return core_->link.add_front(address), true; });
  }
  void RegisterSpi(CThostFtdcTraderSpi* spi) override { core_->spi.store(spi); }
  void SubscribePublicTopic(THOST_TE_RESUME_TYPE type) override { core_->public_resume.store(type); }

  int ReqAuthenticate(CThostFtdcReqAuthenticateField* field, int request) override {
    wire::Authenticate record{};
    record.request = request;
    copy_text(record.broker, field->BrokerID);
    copy_text(record.user, field->UserID);
    copy_text(record.app_id, field->AppID);
    copy_text(record.auth_code, field->AuthCode);
    return send(wire::kAuthenticate, record);
  }
  int ReqUserLogin(CThostFtdcReqUserLoginField* field, int request) override {
    return send(wire::kLogin, login_to(*field, request, core_->public_resume.load()));
  }
  int ReqUserLogout(CThostFtdcUserLogoutField*, int request) override { return send(wire::kLogout, request); }
  int ReqSettlementInfoConfirm(CThostFtdcSettlementInfoConfirmField*, int request) override {
    return send(wire::kConfirm, request);
  }
  int ReqQryInstrument(CThostFtdcQryInstrumentField* field, int request) override {
    wire::Query query{};
    query.request = request;
    query.what = wire::kQueryInstrument;
    copy_text(query.exchange, field->ExchangeID);
    copy_text(query.instrument, field->InstrumentID);
    copy_text(query.product, field->ProductID);
    return ask(query);
  }
  int ReqQryTradingAccount(CThostFtdcQryTradingAccountField*, int request) override {
    wire::Query query{};
    query.request = request;
    query.what = wire::kQueryAccount;
    return ask(query);
  }
  int ReqQryInvestorPosition(CThostFtdcQryInvestorPositionField*, int request) override {
    wire::Query query{};
    query.request = request;
    query.what = wire::kQueryPosition;
    return ask(query);
  }

#include "td_stubs.inc"

 private:
  ~TraderApi() = default;

  template <class Record>
  int send(wire::Kind kind, const Record& record) {
    return guarded([&] { return core_->link.send(kind, &record, sizeof record); });
  }

  int ask(const wire::Query& query) {
    const int refused = core_->pace.take();
    if (refused != 0) return refused;
    const int sent = send(wire::kQuery, query);
    if (sent != 0) core_->pace.answered();
    return sent;
  }

  const std::shared_ptr<Core> core_;
  Worker<Core> worker_;
};

}  // namespace

CThostFtdcTraderApi* CThostFtdcTraderApi::CreateFtdcTraderApi(const char*, bool) { return new TraderApi; }

const char* CThostFtdcTraderApi::GetApiVersion() { return "mds-simulator " MDS_HEADER_VERSION; }
