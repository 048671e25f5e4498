# Rails' ActiveRecord with prepared statements on, with more threads at once than a pool has servers, against the endpoint named by PGHOST, PGPORT,
# PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT.
require "active_record"
require "pg"

CLIENTS = 40
TABLE = "pooled_ruby_#{Process.pid}"
$passed = 0

def ok(name)
  $passed += 1
  puts "ok #{name}"
end

def need(holds, otherwise)
  abort otherwise unless holds
end

ActiveRecord::Base.establish_connection(
  adapter: "postgresql", host: ENV["PGHOST"], port: ENV["PGPORT"], username: ENV["PGUSER"], password: ENV["PGPASSWORD"],
  database: ENV["PGDATABASE"], sslmode: "verify-full", sslrootcert: ENV["PGSSLROOTCERT"], pool: CLIENTS, prepared_statements: true,
  statement_limit: 20, variables: { statement_timeout: "61s" }
)

ActiveRecord::Base.connection.create_table(TABLE) do |t|
  t.integer :client
  t.string :note
end

class Note < ActiveRecord::Base
  self.table_name = TABLE
end

def together
  Array.new(CLIENTS) { |n| Thread.new { ActiveRecord::Base.connection_pool.with_connection { yield n } } }.each(&:join)
end

Thread.abort_on_exception = true

together do |n|
  10.times do |i|
    Note.create!(client: n, note: "note #{i}")
    need Note.where(client: n).count == i + 1, "client #{n} does not see its own rows"
    need Note.find_by(client: n, note: "note #{i}"), "client #{n} misses a row"
  end
  need ActiveRecord::Base.connection.select_value("show statement_timeout") == "61s", "the session's variables are lost"
end
need Note.count == 10 * CLIENTS, "rows are missing"
ok "prepared statements and variables of 40 connections"

together do |n|
  query = Note.where(client: n)
  30.times do |i|
    query = query.where.not(note: "never #{i}")
    need query.to_a.size == 10, "client #{n} does not see its ten rows"
  end
end
ok "more statements than the adapter keeps, so it deallocates"

together do |n|
  Note.transaction do
    Note.create!(client: 1000 + n, note: "outer")
    begin
      Note.transaction(requires_new: true) { Note.create!(client: 1000 + n, note: "inner"); raise ActiveRecord::StatementInvalid, "back" }
    rescue ActiveRecord::StatementInvalid
      nil
    end
    raise ActiveRecord::Rollback if n.odd?
  end
end
need Note.where("client >= 1000").count == CLIENTS / 2, "transactions do not hold"
ok "transactions and savepoints"

ActiveRecord::Base.connection.add_column(TABLE, :more, :string)
Note.reset_column_information
together { |n| need Note.where(client: n).first.more.nil?, "a statement is stale after ALTER TABLE" }
ok "statements after ALTER TABLE"

need ActiveRecord::Base.connection.get_advisory_lock(4712), "no advisory lock"
need ActiveRecord::Base.connection.release_advisory_lock(4712), "the advisory lock was lost"
ok "the advisory lock of migrations"

ActiveRecord::Base.connection.drop_table(TABLE)
puts "ActiveRecord #{ActiveRecord.version}, pg #{PG::VERSION}: #{$passed} checks passed"
